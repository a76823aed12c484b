"""pdb where code stands that need not run any more: it waits, or it has raised."""

import pdb
from types import FrameType, TracebackType
from typing import Any

from replaygate.frames import is_library
from replaygate.plain import plain

Stack = list[tuple[FrameType, int]]  # the user's frames, outermost first, and the line of each


class Debugger(pdb.Pdb):
    """pdb at frames that need not be on the stack."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(nosigint=True)
        self.looked_at = stack

    def get_stack(self, *_: Any) -> tuple[Stack, int]:
        """Return the user's frames, the innermost of them chosen."""
        return self.looked_at, len(self.looked_at) - 1

    def do_continue(self, arg: str) -> bool:
        """Go on to the verdict."""
        return True

    def do_next(self, arg: str) -> None:
        """Say why there is nothing to step through."""
        self.message("There is no next line here: to step, put a breakpoint() before it.")

    # pdb's own set another trace function, which a debugger around this one would miss.
    do_c = do_cont = do_q = do_quit = do_exit = do_EOF = do_continue
    do_n = do_s = do_step = do_r = do_return = do_unt = do_until = do_j = do_jump = do_next


def look(stack: Stack, why: str) -> None:
    """Open the debugger there, for a person who ends it with q or c."""
    print(plain(why))
    if not stack:
        print("The code has ended; no line of it is waiting.")
        return
    debugger = Debugger(stack)
    debugger.reset()
    debugger.interaction(stack[-1][0], None)


def is_users(frame: FrameType) -> bool:
    """Tell whether a frame runs the user's code."""
    return not is_library(frame.f_code.co_filename)


def went_through(step: TracebackType | None) -> Stack:
    """Return the user's frames that an exception went through."""
    found = []
    while step:
        if is_users(step.tb_frame):
            found.append((step.tb_frame, step.tb_lineno))
        step = step.tb_next
    return found
