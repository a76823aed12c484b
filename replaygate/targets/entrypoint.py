"""Calls a user's code, as its own program would, until it has made its Workers."""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from replaygate import frames
from replaygate.processes.starved import Stopwatch
from replaygate.targets.importing import TargetError, ended, fault, inner_of, line_of
from replaygate.targets.inert import OwnServer
from replaygate.targets.recording import Recording

PATIENCE = 10.0  # seconds in which the Workers must be made
A_MOMENT = 0.2  # seconds between two looks at that
UNWINDING = 1.0  # seconds that the code then has to end


class Call(threading.Thread):
    """A call of the user's code, in a thread of its own so that it can be left if it never ends."""

    def __init__(self, act: Callable[[], Any], over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.act = act
        self.over = over
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        with contextlib.suppress(Exception):  # trio-asyncio gives no loop to other threads
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)  # the main thread of a program has one
        try:
            self.value = self.act()
        except BaseException as error:
            self.error = error
        finally:
            self.over.set()
            with contextlib.suppress(Exception):
                loop.close()

    def waits_at(self) -> str:
        """Return the line of the user's code where it is now, in brackets, if it can be told."""
        frame = sys._current_frames().get(self.ident or 0)
        lines = [*frames.shown(frames.of_stack(frame))]
        while frame:  # an event loop that runs shows none of the coroutines that wait in it
            if isinstance(loop := frame.f_locals.get("self"), asyncio.AbstractEventLoop):
                for task in asyncio.all_tasks(loop):
                    lines += frames.of_coroutine(task.get_coro())
                break
            frame = frame.f_back
        return f" (it is at {lines[-1].file}:{lines[-1].line})" if lines else ""


def called(text: str, act: Callable[[], Any], recording: Recording, wanted: str = "Worker") -> Any:
    """Return what the user's code gives; None where it was ended because its Workers run.

    Raises:
        TargetError: It failed, ended the process, or made no Worker in time.
    """
    recording.over.clear()
    arguments, sys.argv = sys.argv, [text]  # ours are none of its business
    call = Call(act, recording.over)
    call.start()
    try:
        in_time = waited(call)
        place = "" if in_time else call.waits_at()
    finally:
        sys.argv = arguments
        if call.is_alive():
            recording.keep()
    if not in_time and not recording.workers:
        raise TargetError(f"{text} made no {wanted} within {PATIENCE:g} seconds{place}")
    if call.error and not recording.left:
        try:
            refuse_users_error(text, call.error, recording, wanted)
        except TargetError as error:
            error.details += recording.said.getvalue()
            raise
    return None if recording.left else call.value


def waited(call: Call) -> bool:
    """Wait until the call is over, then for its end, and tell whether it was over in time.

    Time in which it had no core does not count.
    """
    since, stopwatch = time.monotonic(), Stopwatch(call)
    try:
        while not (in_time := call.over.wait(A_MOMENT)) and stopwatch.took(since) < PATIENCE:
            pass
        call.join(UNWINDING if in_time else 0)
    except SystemExit as error:  # gevent raises it here, wherever it comes from
        call.error = call.error or error
        in_time = True
    return in_time


def refuse_users_error(text: str, error: BaseException, recording: Recording, wanted: str) -> None:
    """Pass over what only happened because there is no Temporal Service.

    Raises:
        TargetError: The error is the user's.
    """
    error = inner_of(error)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        if recording.workers:
            return
        raise ended(text, f"before it made a {wanted}", error, last_line(recording))
    if isinstance(error, OwnServer):
        raise TargetError(
            f"{text}: {error}{line_of(error)}, and nothing is started here: "
            "name a function that takes a Client and returns the Worker"
        )
    answered = recording.calls and error is not recording.refused
    if answered and recording.begun:
        return  # it did not expect an empty answer
    hint = "; it asked the Temporal Service first, which does not answer here"
    raise fault(text, "was called", error, hint if answered else "")


def last_line(recording: Recording) -> str:
    """Return the last line that the user's code printed: argparse's complaint, for one."""
    return recording.said.getvalue().strip().rpartition("\n")[2]
