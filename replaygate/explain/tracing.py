"""Follows which lines of a user's code run: Python's own tracing, for files that count only."""

import dis
import enum
import functools
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, NamedTuple

from temporalio import workflow

from replaygate.frames import SITE, Place, is_library

Line = tuple[str, int]  # file and line
MOST_SAID = 100  # pieces of output that are kept of one activation

ADAPTERS = {logging.LoggerAdapter.log.__code__, type(workflow.logger).log.__code__}
HEARD = ADAPTERS | {
    getattr(logging.Logger, name).__code__
    for name in ("debug", "info", "warning", "error", "critical", "exception", "log")
}


class Woken(enum.Enum):
    """What code does that was woken."""

    RESUMED = 0  # it goes on where it waited
    BEGUN = 1
    BETTER = 2  # it begins behind an interceptor or a decorator, which was told before


class Heard(NamedTuple):
    """Output, and where in the code it comes from."""

    text: str
    literal: str  # as far as it stands in the code itself, so that no values are in it
    place: Place
    silent: bool  # in replay


class Lines:
    """What one activation ran."""

    def __init__(self) -> None:
        self.ran: dict[Line, None] = {}  # in the order in which they ran first
        self.said: list[Heard] = []


class Follower:
    """Traces what runs; ``woken`` is told each line at which code goes on or begins."""

    def __init__(self, woken: Callable[[list[Place], Woken], None]) -> None:
        self.woken = woken
        self.lines = Lines()
        self.home = ""  # the file of the Workflow class
        self.entries: set[Line] = set()  # where the methods begin that the SDK calls
        self.quiet = False  # while a condition is checked, which is no progress
        self.begin()

    def begin(self) -> None:
        """A callback of the event loop begins: what runs next was woken by it."""
        self.chain: list[Place] = []  # suspended frames that are resumed, outermost first
        self.fresh = True  # no line ran since
        self.began = ""  # the file in which code began, not went on
        self.aim: CodeType | None = None  # the Workflow's own method, behind a decorator
        self.returned: list[tuple[Place, bool]] = []  # what ended together, innermost first

    @contextmanager
    def following(self) -> Iterator[Lines]:
        """Follow what runs in this block, in this thread."""
        self.lines = Lines()
        self.begin()
        self.fresh = (
            False  # what runs outside the event loop, as __init__ does, was woken by nothing
        )
        before = sys.gettrace()
        sys.settrace(self.call)
        try:
            yield self.lines
        finally:
            sys.settrace(before)

    def call(self, frame: FrameType, event: str, _: Any) -> Any:
        """Be told that a function is called or resumed."""
        code = frame.f_code
        if code in HEARD:
            self.hear(frame)
        if self.quiet or not counts(code.co_filename, self.home):
            return None
        if frame.f_lasti == first_resume(code):
            self.resumed()
            if (self.fresh or self.began) and self.is_own(code):
                self.aim = code
        elif self.fresh:
            self.chain.append(place_of(frame))
        return self.step

    def step(self, frame: FrameType, event: str, _: Any) -> Any:
        """Be told that a line begins, or that a frame ends or is suspended."""
        if event == "line":
            place = place_of(frame)
            self.lines.ran[place[:2]] = None
            self.resumed()
            if self.fresh or frame.f_code is self.aim:
                self.woken([place], Woken.BEGUN if self.fresh else Woken.BETTER)
                self.began = "" if frame.f_code is self.aim else place[0]
                self.fresh, self.aim = False, None
            self.returned.clear()
        elif event == "return":
            self.resumed()
            self.returned.append((place_of(frame), self.is_own(frame.f_code)))
        return self.step

    def is_own(self, code: CodeType) -> bool:
        """Tell whether code is one of the Workflow's own methods."""
        return (code.co_filename, code.co_firstlineno) in self.entries

    def resumed(self) -> None:
        """Tell where suspended code goes on, now that it does."""
        if self.chain:
            self.woken(self.chain, Woken.RESUMED)
            self.lines.ran[self.chain[-1][:2]] = None
            self.chain, self.fresh = [], False

    def hear(self, frame: FrameType) -> None:
        """Take down a message to a logger, whether or not it is shown."""
        caller = frame.f_back
        while caller and caller.f_code.co_filename == logging.__file__:
            if caller.f_code in HEARD:
                return  # it was heard itself
            caller = caller.f_back
        if not caller or not counts(caller.f_code.co_filename, self.home):
            return
        told = frame.f_locals
        level, message = told.get("level", 0), told.get("msg")
        name = logging.getLevelName(level) if level else frame.f_code.co_name.upper()
        text = f"{name} {formatted(message, told.get('args', ()))}"
        literal = f"{name} {message}" if message in caller.f_code.co_consts else ""
        self.say(Heard(text, literal, place_of(caller), is_silent(told.get("self"))))

    def say(self, heard: Heard) -> None:
        """Take down output."""
        if len(self.lines.said) < MOST_SAID:
            self.lines.said.append(heard)


def place_of(frame: FrameType) -> Place:
    """Return where a frame is."""
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


@functools.cache
def counts(file: str, home: str) -> bool:
    """Tell whether a file is the user's own: not Python's, not the SDK's, not another package's."""
    if is_library(file):
        return False
    return not SITE.search(file) or bool(SITE.search(home) and file.startswith(folder_of(home)))


def folder_of(file: str) -> str:
    """Return the folder of a file, with its separator."""
    return file[: max(file.rfind("/"), file.rfind("\\")) + 1]


@functools.cache
def first_resume(code: CodeType) -> int:
    """Return where a frame stands when it is called; when it is resumed, it stands elsewhere."""
    offsets = (one.offset for one in dis.get_instructions(code) if one.opname == "RESUME")
    return next(offsets, -1)


def formatted(message: Any, arguments: Any) -> str:
    """Return a message as a logger would."""
    try:
        return str(message) % arguments if arguments else str(message)
    except Exception:
        return str(message)


def is_silent(logger: Any) -> bool:
    """Tell whether a logger keeps silent in replay, as workflow.logger does."""
    return not getattr(logger, "log_during_replay", True)
