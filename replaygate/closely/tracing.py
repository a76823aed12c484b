"""Follows which lines of a user's code run: Python's own tracing, for files that count only."""

import enum
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from replaygate.closely.bytecode import ended_early, first_resume
from replaygate.closely.hearing import HEARD, Heard, heard
from replaygate.frames import SITE, Place, is_library, place_of

Line = tuple[str, int]  # file and line
DEEPEST = 20  # calls that are kept of those that led to where a coroutine was made
MOST_SAID = 100  # pieces of output that are kept of one activation


class Woken(enum.Enum):
    """What code does that was woken."""

    RESUMED = 0  # it goes on where it waited
    BEGUN = 1
    BETTER = 2  # it begins behind an interceptor or a decorator, which was told before


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
        self.early: list[Place] = []  # where methods returned before they came to an await
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
        self.fresh = False  # what runs outside the event loop, as __init__ does, nothing woke
        before, depth = sys.gettrace(), sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(DEEPEST)
        sys.settrace(self.call)
        try:
            yield self.lines
        finally:
            sys.settrace(before)
            sys.set_coroutine_origin_tracking_depth(depth)

    def call(self, frame: FrameType, event: str, _: Any) -> Any:
        """Be told that a function is called or resumed."""
        code = frame.f_code
        if code in HEARD and (said := heard(frame)) and counts(said.place[0], self.home):
            self.say(said)
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
            if self.is_own(frame.f_code) and ended_early(frame):
                self.early.append(place_of(frame))
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

    def ended(self) -> tuple[Place, ...]:
        """Return the line at which a method of the Workflow has just returned."""
        own = [place for place, is_own in self.returned if is_own]
        in_class = [place for place, _ in self.returned if place[0] == self.home]
        both = [place for place in own if place in in_class]
        return tuple((both or in_class or own or [place for place, _ in self.returned])[-1:])

    def say(self, heard: Heard) -> None:
        """Take down output."""
        if len(self.lines.said) < MOST_SAID:
            self.lines.said.append(heard)


@functools.cache
def counts(file: str, home: str) -> bool:
    """Tell whether a file is the user's own: not Python's, not the SDK's, not another package's."""
    if is_library(file):
        return False
    return not SITE.search(file) or bool(SITE.search(home) and file.startswith(folder_of(home)))


def folder_of(file: str) -> str:
    """Return the folder of a file, with its separator."""
    return file[: max(file.rfind("/"), file.rfind("\\")) + 1]
