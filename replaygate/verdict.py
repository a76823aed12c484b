"""What came of one Event History: frozen data that travels between processes and becomes JSON."""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


class Outcome(enum.StrEnum):
    """What a replay proved. The same words stand in code, text and JSON."""

    REPLAYS = "replays"
    INCOMPATIBLE = "incompatible"  # a Worker with this code would fail the Workflow Task
    UNVERIFIED = "unverified"  # nothing was proven, and the reason says why
    NOT_BEGUN = "not_begun"  # no Workflow Task was completed, so no code can break it
    GONE = "gone"  # deleted by the Temporal Service between being listed and being fetched


@dataclass(frozen=True)
class Frame:
    """A line of code in a call stack."""

    file: str  # relative to the current folder where it lies below it
    line: int
    function: str
    source: str = ""  # the line itself, stripped


@dataclass(frozen=True)
class Diagnosis:
    """Why code does not fit a history. ``event_id`` is 0 where no single Event differs."""

    event_id: int = 0
    event_type: str = ""  # as the temporal CLI writes it: TimerStarted
    event: str = ""  # type and detail: "TimerStarted 60s"
    context: tuple[str, ...] = ()  # the rows of the Events around it, that Event included
    command_type: str = ""  # StartTimer; empty where the code gave none
    command: str = ""  # type and detail: "StartTimer 60s"
    did: str = ""  # "gave StartTimer 60s", "gave no Command, because it returned 'pass'"
    stood_at: tuple[Frame, ...] = ()  # lines of Workflow code, outermost call first
    cause: str = ""  # the likely cause, in Temporal's words
    patch: str = (
        ""  # the id of a patch whose Marker the history holds, and the code does not ask for
    )
    sdk: str = ""  # the SDK's own words


@dataclass(frozen=True)
class Verdict:
    """What came of one Event History."""

    name: str  # of the file, or the Workflow Id and run id
    outcome: Outcome
    reason: str = ""  # one line: what is wrong, or why the Service has refused what comes next
    workflow_type: str = ""
    workflow_id: str = ""
    run_id: str = ""
    differs: str = ""  # in what the result differs from the recorded one; replay passes it
    stuck: str = ""  # with what failure the pending Workflow Task would still fail
    recovers: bool = False  # the pending Workflow Task has failed, and would not fail again
    diagnosis: Diagnosis | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the verdict that ``as_dict`` was taken of."""
        fields = {**data, "outcome": Outcome(data["outcome"])}
        if told := data.get("diagnosis"):
            stood_at = tuple(Frame(**frame) for frame in told["stood_at"])
            fields["diagnosis"] = Diagnosis(
                **{**told, "context": tuple(told["context"]), "stood_at": stood_at}
            )
        return cls(**fields)


class Lost(Verdict):
    """The verdict on what has cost its replay process: it hung, or ended it."""
