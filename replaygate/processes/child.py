"""Child processes that outlive neither their parent nor a panic, and say what they died of."""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

from replaygate.processes.inside import Channel, Died, enter

__all__ = ["Channel", "Child", "Died", "context"]


def context(start_method: str = "") -> BaseContext:
    """Return how processes are started.

    On Linux they are forked by default: a forked process has everything imported already. That is
    safe as long as the parent has no threads, so it leaves Core to its children.
    """
    forced = os.environ.get("REPLAYGATE_START_METHOD", "")
    fitting = "fork" if sys.platform == "linux" else "spawn"
    return multiprocessing.get_context(start_method or forced or fitting)


class Child:
    """A process and the parent's end of the pipe to it."""

    def __init__(
        self, started_by: BaseContext, main: Callable[..., None], *arguments: object
    ) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = started_by.Process(  # type: ignore[attr-defined]
            target=enter, args=(main, theirs, *arguments)
        )
        self.process.start()
        theirs.close()

    def receive(self) -> Any:
        """Return the next message, or Died."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(5)
            return Died(self.ending())

    def ending(self) -> str:
        """Say how the process has ended."""
        code = self.process.exitcode
        if code is None:
            return "the process closed its pipe"
        if code < 0:
            return f"the process was killed by {signal.Signals(-code).name}"
        return f"code of the Worker ended the process, with status {code}"

    def kill(self) -> None:
        """End the process and all that it has started."""
        if self.process.pid and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.pipe.close()
