"""What Workflow code did during a replay: data that the witness takes down and others read."""

from dataclasses import dataclass

from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from replaygate.verdict import Frame


@dataclass(frozen=True)
class Given:
    """A Command, and where it comes from."""

    command: WorkflowCommand
    known: int  # the id of the last Event that the code could know then: a WorkflowTaskStarted
    frames: tuple[Frame, ...]  # lines of the user's code, outermost first; empty if it has none


@dataclass(frozen=True)
class Lost:
    """What a Workflow raised that is no Exception: the SDK does not catch it, and nothing ends."""

    kind: str
    said: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Testimony:
    """What the code of one run did, until it ended or the SDK stopped it."""

    given: tuple[Given, ...] = ()  # in the order in which the code gave them
    afterwards: tuple[Given, ...] = ()  # Commands after a mismatch, when the code was run on
    ran_out: bool = False  # whether running on ended before the code did, so more may follow
    stood_at: tuple[tuple[Frame, ...], ...] = ()  # each waiting task when the SDK stopped it
    ended_early: tuple[Frame, ...] = ()  # where methods returned before an await, if it is known
    failure: Failure | None = None  # with which the Workflow Task failed, if it failed
    failed_knowing: int = 0  # the id of the last Event known then
    raised_at: tuple[Frame, ...] = ()  # lines of the user's code that the exception went through
    lost: Lost | None = None
