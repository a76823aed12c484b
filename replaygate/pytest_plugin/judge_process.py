"""A process that runs ``judge`` for pytest, which has threads and need not import the SDK.

The replay processes are children of this one. It is spawned once, imports the SDK once, and then
starts and restarts them as fast as the command does.
"""

import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from replaygate.config import Config
from replaygate.inputs.sources import Source
from replaygate.processes.child import Channel, Child, Died, context
from replaygate.verdict import Verdict

LEAVING = 5.0  # seconds in which it ends the replay processes


@dataclass(frozen=True)
class Refusal:
    """The last message where the target can't be resolved, or histories have no answer."""

    reason: str
    details: str


class Refused(Exception):
    """Nothing more is replayed. The text is one line; ``details`` may hold a traceback."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.details = details


class Requests:
    """Sources that the parent sends while others are replayed."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        self.pipe = pipe

    def receive(self) -> Source:
        """Return the next source; end this process if the parent wants no more."""
        try:
            source: Source = self.pipe.recv()
        except (EOFError, OSError):
            sys.exit()
        return source


def answer(channel: Channel, config: Config, sources: Sequence[Source], jobs: int) -> None:
    """Send the verdicts on these sources, then None; without sources, on what is sent."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # judge() then ends its processes
    warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
    from replaygate.judging.pool import Unanswered, judge  # these import the SDK
    from replaygate.targets.target import Target, TargetError

    target = Target(config.worker, config.client, os.fspath(config.folder))
    requests = None if sources else Requests(channel.pipe)
    try:
        for verdict in judge(sources, target, jobs=jobs, fetching=requests):
            channel.send(verdict)
    except TargetError as error:
        channel.leave(Refusal(str(error), error.details))
    except Unanswered as error:
        channel.leave(Refusal(str(error), ""))
    channel.leave(None)


class JudgeProcess:
    """The parent's end of that process."""

    def __init__(self, config: Config, sources: Sequence[Source] = (), jobs: int = 1) -> None:
        with no_main():
            self.child = Child(context("spawn"), answer, config, tuple(sources), jobs)

    def send(self, source: Source) -> None:
        """Have one more source replayed; what keeps it from that is received next."""
        with suppress(OSError):
            self.child.pipe.send(source)

    def receive(self) -> Verdict | None:
        """Wait for the next verdict; None at the end.

        Raises:
            Refused: There will be none.
        """
        match self.child.receive():
            case Verdict() | None as message:
                return message
            case Refusal(reason, details):
                raise Refused(reason, details)
            case Died(reason):
                raise Refused(f"The process that starts the replays has ended: {reason}")
            case message:
                raise AssertionError(message)

    def close(self) -> None:
        """End it, and all that it has started."""
        self.child.process.terminate()
        self.child.process.join(LEAVING)
        self.child.kill()


@contextmanager
def no_main() -> Iterator[None]:
    """Keep a spawned process from running the program again that has called pytest."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
