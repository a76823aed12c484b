"""What a run of the gate comes to, as data: counts, failures of one kind, the exit status."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from replaygate.verdict import Frame, Outcome, Verdict

FAILURES = (Outcome.INCOMPATIBLE, Outcome.UNVERIFIED)  # the graver one first
NOTHING = "No history was replayed, so nothing is verified."


@dataclass(frozen=True)
class Group:
    """Failures of one kind: one diagnosis serves them all."""

    # Workflow type, kind of Event, Command type, innermost line of user code as "file:line". Where
    # the last three are empty, the reason takes the Command's place: kinds differ by nothing else.
    key: tuple[str, str, str, str]
    verdicts: tuple[Verdict, ...]  # in the order of their names; at least one
    others: int = 0  # more like them, whose verdicts were not kept

    @property
    def count(self) -> int:
        """How many histories fail so."""
        return len(self.verdicts) + self.others

    @property
    def outcome(self) -> Outcome:
        """INCOMPATIBLE or UNVERIFIED; all of one group have the same."""
        return self.verdicts[0].outcome


@dataclass(frozen=True)
class Totals:
    """What verdicts come to that are too many to be kept."""

    counts: Mapping[Outcome, int]
    groups: tuple[Group, ...]  # in the order of a report's
    stuck: int = 0


@dataclass(frozen=True)
class Report:
    """All verdicts of one run, and what went wrong with the run itself."""

    verdicts: tuple[Verdict, ...] = ()  # in the natural order of their names, however they came
    seconds: float = 0.0
    errors: tuple[str, ...] = ()  # one line each; what a Service left unsaid is one of them
    passed_over: str = ""  # how many files were no histories, and of which kinds
    strict: bool = False
    notes: tuple[str, ...] = ()  # one line each: what was covered, and what was not
    totals: Totals | None = None  # of more histories than there are verdicts here

    def __post_init__(self) -> None:
        by_name = sorted(self.verdicts, key=lambda verdict: natural_order(verdict.name))
        object.__setattr__(self, "verdicts", tuple(by_name))

    @cached_property
    def counts(self) -> Mapping[Outcome, int]:
        """How many verdicts there are of each outcome, zero included."""
        if self.totals:
            return self.totals.counts
        counts = dict.fromkeys(Outcome, 0)
        for verdict in self.verdicts:
            counts[verdict.outcome] += 1
        return counts

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The failures by kind: the incompatible before the unverified, large groups first."""
        if self.totals:
            return self.totals.groups
        kinds: dict[tuple[Outcome, tuple[str, str, str, str]], list[Verdict]] = {}
        for verdict in self.verdicts:
            if verdict.outcome in FAILURES:
                kinds.setdefault((verdict.outcome, kind_of(verdict)), []).append(verdict)
        groups = [Group(key, tuple(verdicts)) for (_, key), verdicts in kinds.items()]
        groups.sort(key=lambda group: (FAILURES.index(group.outcome), -len(group.verdicts)))
        return tuple(groups)

    @property
    def stuck(self) -> int:
        """How many Executions would still fail their pending Workflow Task as before."""
        if self.totals:
            return self.totals.stuck
        return sum(bool(verdict.stuck) for verdict in self.verdicts)

    @property
    def problems(self) -> tuple[str, ...]:
        """The errors, or that nothing was replayed where no error and no verdict says why.

        A file in which nothing has begun is one of them: somebody may have cut it off.
        """
        unbegun = [v for v in self.verdicts if v.outcome is Outcome.NOT_BEGUN and v.reason]
        more = f" and {len(unbegun) - 1:,} more" if len(unbegun) > 1 else ""
        errors = self.errors + tuple(f"{v.name}{more}: {v.reason}" for v in unbegun[:1])
        silent = not errors and not self.groups and not self.counts[Outcome.REPLAYS]
        return (NOTHING,) if silent else errors

    @property
    def status(self) -> int:
        """The exit status: 0 all replay, 1 one is incompatible, 2 something is unproven."""
        if self.counts[Outcome.INCOMPATIBLE]:
            return 1
        return 2 if self.counts[Outcome.UNVERIFIED] or self.problems else 0


def kind_of(verdict: Verdict) -> tuple[str, str, str, str]:
    """Return the key of the group to which this failure belongs."""
    told = verdict.diagnosis
    event_type, command_type = (told.event_type, told.command_type) if told else ("", "")
    frame = innermost(verdict)
    line = f"{frame.file}:{frame.line}" if frame else ""
    if not (event_type or command_type or line):
        command_type = verdict.reason
    return verdict.workflow_type, event_type, command_type, line


def innermost(verdict: Verdict) -> Frame | None:
    """Return the innermost line of user code in the diagnosis, if it names any."""
    frames = verdict.diagnosis.stood_at if verdict.diagnosis else ()
    return frames[-1] if frames else None


def natural_order(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """Return a sort key that puts ``2.json`` before ``10.json``.

    Digits are compared as text, by length first: they may be more than int() takes.
    """
    parts: list[str | tuple[int, str]] = list(re.split("([0-9]+)", name))
    for place in range(1, len(parts), 2):  # words and numbers take turns
        digits = str(parts[place]).lstrip("0")
        parts[place] = len(digits), digits
    return parts, name
