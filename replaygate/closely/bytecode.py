"""What the bytecode of a function tells of a frame: whether it begins, or ends early."""

import dis
import functools
from types import CodeType, FrameType


@functools.cache
def first_resume(code: CodeType) -> int:
    """Return where a frame stands when it is called; when it is resumed, it stands elsewhere."""
    offsets = (one.offset for one in dis.get_instructions(code) if one.opname == "RESUME")
    return next(offsets, -1)


def ended_early(frame: FrameType) -> bool:
    """Tell whether a coroutine returns here, though an await comes later in its code.

    Where it is suspended, Python's tracing says that it returns, too.
    """
    at = dis.opname[frame.f_code.co_code[frame.f_lasti]]
    return at.startswith("RETURN_") and frame.f_lasti < last_await(frame.f_code)


@functools.cache
def last_await(code: CodeType) -> int:
    """Return where code awaits last; -1 if it never does."""
    awaits = [one.offset for one in dis.get_instructions(code) if one.opname == "GET_AWAITABLE"]
    return max(awaits, default=-1)
