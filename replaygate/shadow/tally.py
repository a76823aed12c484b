"""What verdicts come to that are too many to keep: counts, and groups with a few examples."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from replaygate.report import FAILURES, Group, Totals, kind_of
from replaygate.verdict import Outcome, Verdict

MOST = 50  # groups; what fails in more ways is counted together
MORE = "failures of still more kinds"
EXAMPLES = 3  # verdicts of a group that are kept
SIZE = 4_000  # bytes of such a verdict; its texts are cut to the first of these lengths that fits
LENGTHS = (400, 100, 30)
KEY = 100  # characters of each part of a group's key
ROWS = 10  # Events around the one that differs, and lines of code


@dataclass
class Kind:
    """Failures of one kind."""

    outcome: str
    key: list[str]
    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)  # the first with its diagnosis

    def take(self, count: int, examples: list[dict[str, Any]]) -> None:
        """Take more of this kind."""
        self.count += count
        self.examples += examples[: EXAMPLES - len(self.examples)]


@dataclass
class Tally:
    """Counts and groups. Its size is bounded, because it travels in heartbeats and results."""

    types: dict[str, dict[str, int]] = field(default_factory=dict)  # counts by type and outcome
    groups: list[Kind] = field(default_factory=list)
    stuck: int = 0
    differs: int = 0  # results other than the recorded ones
    errors: list[str] = field(default_factory=list)
    unbegun: int = 0  # files in which nothing has begun, which somebody may have cut off
    example: str = ""  # one of them, and why it counts

    def add(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.count(verdict.workflow_type, verdict.outcome, 1)
        self.stuck += bool(verdict.stuck)
        self.differs += bool(verdict.differs)
        if verdict.outcome is Outcome.NOT_BEGUN and verdict.reason:
            self.unbegun += 1
            self.example = self.example or f"{verdict.name}: {verdict.reason}"
        if verdict.outcome in FAILURES:
            key = [part[:KEY] for part in kind_of(verdict)]
            kind = self.kind(verdict.outcome, key)
            kind.take(1, [example(verdict, whole=not kind.examples)])

    def merge(self, other: Self) -> None:
        """Add what another one holds."""
        for workflow_type, outcomes in other.types.items():
            for outcome, count in outcomes.items():
                self.count(workflow_type, outcome, count)
        for kind in other.groups:
            self.kind(kind.outcome, kind.key).take(kind.count, kind.examples)
        self.stuck += other.stuck
        self.differs += other.differs
        self.unbegun += other.unbegun
        self.example = self.example or other.example
        self.errors += [error for error in other.errors if error not in self.errors]

    def count(self, workflow_type: str, outcome: str, number: int) -> None:
        """Add so many to a count."""
        counts = self.types.setdefault(workflow_type, {})
        counts[str(outcome)] = counts.get(str(outcome), 0) + number

    def kind(self, outcome: str, key: list[str]) -> Kind:
        """Return the group of this key, or the one of all that have no place of their own."""
        for wanted in (key, ["", "", MORE, ""]):
            for kind in self.groups:
                if (kind.outcome, kind.key) == (str(outcome), wanted):
                    return kind
            if len(self.groups) < MOST or wanted != key:
                break
        self.groups.append(Kind(str(outcome), wanted))
        return self.groups[-1]

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many there are of each outcome, zero included."""
        counts = dict.fromkeys(Outcome, 0)
        for outcomes in self.types.values():
            for outcome, count in outcomes.items():
                counts[Outcome(outcome)] += count
        return counts

    @property
    def size(self) -> int:
        """How many verdicts were counted."""
        return sum(self.counts.values())

    @property
    def incompatible(self) -> int:
        """How many groups of incompatible histories there are."""
        return sum(kind.outcome == Outcome.INCOMPATIBLE for kind in self.groups)

    def totals(self) -> Totals:
        """Return what a report is made of."""
        groups = [group_of(kind) for kind in self.groups]
        groups.sort(key=lambda group: (FAILURES.index(group.outcome), -group.count))
        return Totals(self.counts, tuple(groups), self.stuck)


def group_of(kind: Kind) -> Group:
    """Return the group of a report."""
    verdicts = tuple(map(Verdict.from_dict, kind.examples))
    workflow_type, event, command, line = kind.key
    return Group((workflow_type, event, command, line), verdicts, kind.count - len(verdicts))


def example(verdict: Verdict, whole: bool) -> dict[str, Any]:
    """Return a verdict cut to what a payload can hold many of."""
    told = verdict.diagnosis if whole else None
    if told:
        rows = told.context[-ROWS:]  # up to the Event that differs, and a few behind it
        told = replace(told, context=rows, stood_at=told.stood_at[-ROWS:])
    data: dict[str, Any] = replace(verdict, diagnosis=told).as_dict()
    for length in LENGTHS:
        data = clipped(data, length)
        if len(json.dumps(data)) < SIZE:
            break
    return data


def clipped(value: Any, length: int) -> Any:
    """Cut the texts in it."""
    match value:
        case str():
            return value if len(value) <= length else f"{value[: length - 1]}…"
        case dict():
            return {key: clipped(held, length) for key, held in value.items()}
        case list() | tuple():
            return [clipped(held, length) for held in value]
    return value
