"""How far a slice is: what a heartbeat tells, and what is known of code that does not answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from temporalio import activity
from temporalio.converter import value_to_type

from replaygate.shadow.tally import Tally
from replaygate.verdict import Lost, Verdict

ALIKE = 3  # replays of a type in a row without an answer; the others of the slice are left out
LEFT_OUT = f"it was left out: {ALIKE} before it hung, or ended the replay process"


@dataclass
class Progress:
    """How far a slice is: all up to the cursor is in the tally. They travel in one message."""

    cursor: str = ""
    tally: Tally = field(default_factory=Tally)
    lost: dict[str, int] = field(default_factory=dict)  # replays in a row, by Workflow type

    def take(self, key: str, verdicts: Sequence[Verdict], kind: str) -> bool:
        """Count the verdicts on one source; say whether replays of its type are hopeless now."""
        lost = False
        for verdict in verdicts:
            lost = isinstance(verdict, Lost)
            if not self.hopeless(kind):
                self.lost[kind] = self.lost.get(kind, 0) + 1 if lost else 0
            self.tally.add(replace(verdict, workflow_type=verdict.workflow_type or kind))
        self.cursor = key
        return lost and self.hopeless(kind)

    def hopeless(self, kind: str) -> bool:
        """Say whether the code of a type keeps hanging or dying."""
        return self.lost.get(kind, 0) >= ALIKE

    def beat(self) -> None:
        """Tell the Temporal Service; what it is told must not change before it is sent."""
        activity.heartbeat(self.cursor, asdict(self.tally))

    @classmethod
    def resumed(cls, details: Sequence[Any]) -> Self:
        """Return how far the attempt before was, by its last heartbeat."""
        return cls(details[0], value_to_type(Tally, details[1])) if details else cls()
