"""Compares what the gate says of changed programs and histories with what the SDK's Replayer says.

Where they differ, one of the named rules must say why.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.api.history.v1 import History, HistoryEvent

from replaygate.inputs.sources import Source
from replaygate.judging.pool import judge
from replaygate.shadow.slot import start_method
from replaygate.targets.target import Target
from replaygate.verdict import Outcome, Verdict
from tests.support.differential.damage import damaged
from tests.support.differential.edits import edits_of
from tests.support.differential.programs import Program
from tests.support.differential.reference import HANGS, Reference
from tests.support.edits import Edit

# What the gate does not verify, though the SDK's Replayer says that it fits.
NAMED_RULES = re.compile(
    "its end lacks|more Events follow|does not stand directly|"
    "belongs to|refers to|stands where Event|starts the Workflow Execution once more|"
    "completes a Workflow Task|begins with|its type is unknown|is not registered|lacks original"
)

PATIENCE = 300.0  # seconds for the gate: it has hundreds of modules to import
UNPROVEN = (Outcome.UNVERIFIED, Outcome.NOT_BEGUN)

# What the gate calls incompatible, though the SDK's Replayer passes it: it does not look at what
# happens behind the Workflow Tasks that were completed.
COMES_NEXT = "the code fails in the Workflow Task that comes next"


@dataclass(frozen=True)
class Case:
    """A Workflow in a module, and a history to replay on it."""

    module: str
    change: str  # what was changed; empty for what must replay
    events: Sequence[HistoryEvent]
    edit: Edit | None = None  # of the program; else the history was changed


@dataclass(frozen=True)
class Compared:
    """What both say of a case."""

    case: Case
    verdict: Verdict
    failure: str  # as the SDK's Replayer tells it; empty where it passes

    def disagrees(self) -> bool:
        """Tell whether the two say different things, and no named rule says why."""
        match self.verdict.outcome:
            case Outcome.REPLAYS:
                return bool(self.failure) and not self.verdict.stuck
            case Outcome.INCOMPATIBLE:
                told = self.verdict.diagnosis
                return not self.failure and bool(told and told.cause != COMES_NEXT)
        if self.verdict.outcome is Outcome.NOT_BEGUN:
            return False  # a named rule: no code has run
        if not self.case.change or self.case.edit:
            return True
        return not (self.failure or NAMED_RULES.search(self.verdict.reason))

    def is_right(self) -> bool:
        """Tell whether the diagnosis names the edit, and its line."""
        told, edit = self.verdict.diagnosis, self.case.edit
        if not told or not edit:
            return False
        lines = [f.line for f in told.stood_at if Path(f.file).stem == self.case.module]
        return bool(re.search(edit.cause, told.cause)) and edit.line in (None, *lines)

    def __str__(self) -> str:
        told = self.verdict.diagnosis
        said = f"{told.cause} {[frame.line for frame in told.stood_at]}" if told else ""
        return (
            f"{self.case.module}: {self.case.change}\n    gate: {self.verdict.outcome} "
            f"{self.verdict.reason} {said}\n    SDK: {self.failure or 'passes'}"
        )


@dataclass
class Figures:
    """What the comparisons come to."""

    programs: int = 0
    edits: int = 0
    damages: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    diagnosed: Counter[str] = field(default_factory=Counter)  # by the kind of edit
    right: Counter[str] = field(default_factory=Counter)
    disagreements: list[Compared] = field(default_factory=list)
    wrong: list[Compared] = field(default_factory=list)  # diagnoses

    def add(self, one: Compared) -> None:
        """Count a comparison."""
        edit = one.case.edit
        self.programs += not one.case.change
        self.edits += edit is not None
        self.damages += bool(one.case.change and not edit)
        self.outcomes[f"{one.verdict.outcome}{', stuck' * bool(one.verdict.stuck)}"] += 1
        if one.disagrees():
            self.disagreements.append(one)
        if edit and one.verdict.outcome is Outcome.INCOMPATIBLE:
            self.diagnosed[edit.kind] += 1
            self.right[edit.kind] += one.is_right()
            if not one.is_right():
                self.wrong.append(one)

    def __str__(self) -> str:
        kinds = (f"{kind} {self.right[kind]}/{n}" for kind, n in self.diagnosed.items())
        outcomes = "; ".join(f"{outcome}: {n}" for outcome, n in sorted(self.outcomes.items()))
        return (
            f"{self.programs} programs, {self.edits} edits of code, "
            f"{self.damages} changes to histories, {len(self.disagreements)} disagreements\n"
            f"{outcomes}\ndiagnoses right: {self.right.total()} of {self.diagnosed.total()} "
            f"({', '.join(kinds)})"
        )


def cases_of(
    program: Program,
    events: Sequence[HistoryEvent],
    folder: Path,
    chance: random.Random,
    edits: int,
    damages: int,
) -> Iterator[Case]:
    """Yield the program as it is, some edits of it, and some changes to its history."""
    yield Case(program.name, "", events)
    all_edits = [*edits_of(program, events)]
    for number, edit in enumerate(chance.sample(all_edits, min(edits, len(all_edits)))):
        module = f"{program.name}_{number}"
        source = edit.source.replace(f'name="{program.name}"', f'name="{module}"')
        (folder / f"{module}.py").write_text(source, encoding="utf-8")
        yield Case(module, f"{edit.kind}: {edit.name}", events, edit)
    for name, changed in damaged(events, damages, chance):
        yield Case(program.name, name, changed)


def compare(
    cases: Sequence[Case], folder: Path, reference: Reference, target: str
) -> Iterator[Compared]:
    """Let the gate and the SDK replay all cases."""
    modules = dict.fromkeys(case.module for case in cases)
    imports = [f"import {module}" for module in modules]
    flows = ", ".join(f"{module}.Flow" for module in modules)
    worker = "\n".join([*imports, f"FLOWS = [{flows}]", ""])
    (folder / f"{target}.py").write_text(worker, encoding="utf-8")
    sources = [
        Source(f"{number}", data=as_history(case).SerializeToString(), workflow_id=case.module)
        for number, case in enumerate(cases)
    ]
    where = Target(f"{target}:FLOWS", folder=str(folder))
    judged = judge(sources, where, jobs=2, timeout=PATIENCE, start_method=start_method())
    verdicts = {verdict.name: verdict for verdict in judged}
    for number, case in enumerate(cases):
        yield compared(case, verdicts[f"{number}"], reference)


def compared(case: Case, verdict: Verdict, reference: Reference) -> Compared:
    """Ask the SDK's Replayer, too, unless a named rule keeps the gate from saying anything."""
    one = Compared(case, verdict, "")
    if verdict.outcome in UNPROVEN and not one.disagrees():
        return one
    history = as_history(case)
    one = Compared(case, verdict, reference(case.module, history))
    if one.disagrees() and (HANGS in one.failure or "TMPRL1101" in one.failure):
        # The machine may be busy.
        one = Compared(case, verdict, reference(case.module, history, patient=4.0))
    return one


def as_history(case: Case) -> History:
    """Return the history of a case, as one of the Workflow that it is replayed on."""
    history = History(events=case.events)
    for event in history.events:
        if event.HasField("workflow_execution_started_event_attributes"):
            started = event.workflow_execution_started_event_attributes
            started.workflow_type.name = case.module
        if event.HasField("workflow_execution_continued_as_new_event_attributes"):
            told = event.workflow_execution_continued_as_new_event_attributes
            told.workflow_type.name = case.module
    return history
