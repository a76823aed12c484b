"""Where the tasks of a Workflow's event loop wait, and where exceptions came through."""

import asyncio
import linecache
import sys
from types import CodeType, TracebackType
from typing import Any

from replaygate.closely.state import State, of_condition, unfinished
from replaygate.frames import Place, is_library, place_of, suspended


def waiting(task: "asyncio.Task[Any]", wait_condition: CodeType) -> tuple[list[Place], State]:
    """Return the user's lines at which a task waits, outermost call first, and for what state."""
    places: list[Place] = []
    state: State = ()
    for frame in suspended(task.get_coro()):
        if not is_library(frame.f_code.co_filename):
            places.append(place_of(frame))
            state = unfinished(frame)
        elif frame.f_code is wait_condition:
            state = of_condition(frame.f_locals.get("fn"))
    return places, state


def origin_of(coroutine: Any) -> tuple[Place, ...]:
    """Return the user's lines that made a coroutine of a library, outermost first.

    That of ``execute_activity``, handed to ``asyncio.gather``, for one. What a library made for
    itself has none.
    """
    made = getattr(coroutine, "cr_origin", None) or ()  # innermost first
    if not made or not is_library(coroutine.cr_code.co_filename) or is_library(made[0][0]):
        return ()
    return tuple(place for place in reversed(made) if not is_library(place[0]))


def of_exception(step: TracebackType | None) -> tuple[Place, ...]:
    """Return the user's lines that an exception went through, outermost first."""
    places = []
    while step:
        code = step.tb_frame.f_code
        if not is_library(code.co_filename):
            places.append((code.co_filename, step.tb_lineno, code.co_name))
        step = step.tb_next
    return tuple(places)


def raised(ended: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the lines that the exception went through that is handled, or raised it anew.

    ``ended`` is the line at which a method of the Workflow has just ended, if one has.
    """
    places = of_exception(sys.exc_info()[2])
    anew = ended and ended[0] not in places and source_of(ended[0]).startswith("raise")
    return ended if places and anew else places


def source_of(place: Place) -> str:
    """Return the line of code at a place."""
    return linecache.getline(*place[:2]).strip()


def named(task: Any) -> str:
    """Return what the SDK calls a task: "run", "signal: approve"; "task" for the user's own."""
    name = str(task.get_name()).partition(" (workflow: ")[0]
    return name if name == "run" or name.startswith(("signal: ", "update: ")) else "task"
