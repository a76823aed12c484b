"""Finds the lines of a user's code in call stacks, tracebacks and suspended coroutines."""

import functools
import gc
import linecache
import os
import re
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import AsyncGeneratorType, CoroutineType, FrameType, TracebackType
from typing import Any

import temporalio

from replaygate.verdict import Frame

Place = tuple[str, int, str]  # file, line, function: cheap to take down while code runs

SITE = re.compile(r"[/\\](site|dist)-packages[/\\]")
STANDARD = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib"))
GATE = f"{Path(__file__).parent}{os.sep}"
OURS = (*(f"{path}{os.sep}" for path in temporalio.__path__), GATE)
SUSPENDED = (("cr", "cr_await"), ("gi", "gi_yieldfrom"), ("ag", "ag_await"))
# Python's own objects, which drive what they hide: of async for, async with and __await__().
DRIVEN = (AsyncGeneratorType, CoroutineType)
DRIVERS = (
    "async_generator_asend",
    "async_generator_athrow",
    "anext_awaitable",
    "coroutine_wrapper",
)
IN_TEXT = re.compile(r'^ *File "(.*)", line (\d+), in (.*)$', re.MULTILINE)


@functools.cache
def is_library(file: str) -> bool:
    """Tell whether a file belongs to Python, to the SDK or to the gate itself."""
    if file.startswith(OURS):
        return True
    return file.startswith(("<", *STANDARD)) and not SITE.search(file)


def place_of(frame: FrameType) -> Place:
    """Return where a frame is."""
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


def of_stack(frame: FrameType | None) -> tuple[Place, ...]:
    """Return the user's lines that led to this frame from the gate, outermost first."""
    places = []
    while frame and not frame.f_code.co_filename.startswith(GATE):
        if not is_library(frame.f_code.co_filename):
            places.append(place_of(frame))
        frame = frame.f_back
    return tuple(reversed(places))


def of_traceback(step: TracebackType | None) -> tuple[Frame, ...]:
    """Return the user's lines that an exception went through, outermost first."""
    places = []
    while step:
        code = step.tb_frame.f_code
        places.append((code.co_filename, step.tb_lineno, code.co_name))
        step = step.tb_next
    return shown(place for place in places if not is_library(place[0]))


def of_text(stack_trace: str) -> tuple[Frame, ...]:
    """Return the user's lines in a traceback's text, outermost first."""
    places = ((file, int(line), name) for file, line, name in IN_TEXT.findall(stack_trace))
    return shown(place for place in places if not is_library(place[0]))


def of_coroutine(waiting: Any) -> tuple[Frame, ...]:
    """Return the user's lines at which a suspended coroutine waits, outermost first."""
    places = map(place_of, suspended(waiting))
    return shown(place for place in places if not is_library(place[0]))


def suspended(waiting: Any) -> Iterator[FrameType]:
    """Yield the frames of a suspended coroutine, outermost first."""
    while waiting is not None:
        for prefix, follow in SUSPENDED:
            if frame := getattr(waiting, f"{prefix}_frame", None):
                yield frame
                waiting = getattr(waiting, follow, None)
                break
        else:
            waiting = driven(waiting)


def driven(driver: Any) -> Any:
    """Return the coroutine or generator that an object of Python's own drives, if it does."""
    if type(driver).__name__ not in DRIVERS:
        return None
    inside = gc.get_referents(driver)
    return next(
        (one for one in inside if hasattr(one, "ag_frame") or hasattr(one, "cr_frame")), None
    )


def shown(places: Iterable[Place]) -> tuple[Frame, ...]:
    """Make frames of places; those of installed packages count only where there are no others."""
    listed = list(places)
    own = [place for place in listed if not SITE.search(place[0])]
    return tuple(
        Frame(relative(file), line, function, linecache.getline(file, line).strip())
        for file, line, function in own or listed
    )


def relative(path: str) -> str:
    """Return a path as a person in the current folder would write it."""
    return path.removeprefix(f"{Path.cwd()}{os.sep}")
