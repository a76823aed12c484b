"""What ``explain`` found out: each Event beside the Workflow code behind it, as frozen data.

It travels from the process that ran the code to the one that lays it out as text or as a page.
"""

from dataclasses import dataclass

from replaygate.verdict import Frame, Outcome, Verdict

Frames = tuple[Frame, ...]  # a call stack, outermost call first


@dataclass(frozen=True)
class Said:
    """Output of Workflow code."""

    text: str  # "INFO Sleeping for 60 seconds"; empty where values are hidden
    frame: Frame
    silent: bool  # workflow.logger's, which keeps silent in replay; other output is repeated


@dataclass(frozen=True)
class Standing:
    """Where a task of the Workflow's event loop waits."""

    task: str  # "run", "signal: approve", "update: set"; "task" for what the code started itself
    frames: Frames
    state: tuple[tuple[str, str], ...] = ()  # what it waits for: "self.approved", "False"
    alike: int = 1  # how many tasks wait so


@dataclass(frozen=True)
class Gave:
    """A Command that the code gave."""

    command: str  # StartTimer
    detail: str  # 60s
    frames: Frames  # the line that gave it, with the calls that led there; may be empty
    event_id: int = 0  # the Event that it became; 0 if none


@dataclass(frozen=True)
class Woke:
    """Code that runs because of an Event."""

    event_id: int  # 0 where it can't be told, or none tells of the reason
    frames: Frames
    begins: bool  # it runs from its beginning, a Signal's handler for one; else it goes on


@dataclass(frozen=True)
class Task:
    """What the code did in one Workflow Task."""

    event_id: int  # of its WorkflowTaskCompleted; 0 for one that is not in the history
    started_id: int  # the last Event that the code knew
    ran: tuple[tuple[str, tuple[int, ...]], ...]  # files and their lines, in ascending order
    said: tuple[Said, ...] = ()
    gave: tuple[Gave, ...] = ()
    woke: tuple[Woke, ...] = ()
    stands: tuple[Standing, ...] = ()  # where the code stood when it had no more to do
    left_out: int = 0  # tasks that stood elsewhere, beyond those


@dataclass(frozen=True)
class Row:
    """An Event, and the code behind it."""

    event_id: int
    time: str  # in UTC, as the temporal CLI writes it
    type: str
    detail: str = ""
    command: str = ""  # of which it came: StartTimer
    frames: Frames = ()  # the line that gave that Command
    woke: tuple[Woke, ...] = ()
    task: int | None = None  # index of the Task that it completed


@dataclass(frozen=True)
class File:
    """A module of which lines ran."""

    name: str
    text: str
    code: tuple[int, ...] = ()  # the lines that can run


@dataclass(frozen=True)
class Explanation:
    """One Event History, beside the code that made it."""

    verdict: Verdict
    rows: tuple[Row, ...] = ()
    tasks: tuple[Task, ...] = ()
    files: tuple[File, ...] = ()  # the one with the Workflow first
    pending: tuple[Gave, ...] = ()  # what an open Execution waits for
    instead: tuple[Gave, ...] = ()  # what the code gave where history and code part
    raised_at: Frames = ()  # where the next Workflow Task of an open Execution fails
    is_open: bool = False
    hidden: bool = False  # whether values are left out, because a codec hides them

    @property
    def parts_at(self) -> int:
        """The Event at which history and code part; 0 if they don't."""
        told = self.verdict.diagnosis
        incompatible = self.verdict.outcome is Outcome.INCOMPATIBLE
        return told.event_id if told and incompatible else 0
