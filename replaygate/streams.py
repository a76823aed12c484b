"""Standard output and standard error that may be closed or full, and end no program for that."""

import contextlib
import io
import os
import select
import sys
from typing import Any, TextIO


class Leaky(io.FileIO):
    """A file that drops what can't be written: the disk is full, the terminal has gone.

    That nobody reads standard output any more is an error all the same: the program may stop.
    """

    def write(self, data: Any) -> int:
        try:
            while (written := super().write(data)) is None:  # the pipe is full
                select.select([], [self], [])
        except BrokenPipeError:
            if self.fileno() == 1:
                raise
        except OSError:
            pass
        else:
            return written
        return memoryview(data).nbytes


def mend() -> None:
    """Make standard output and standard error such that a program can always print.

    A number below 3 that is closed would be given to the next file or connection that is opened,
    which would get what is printed: it is taken first.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _leaky(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _leaky(2, sys.stderr)


def _leaky(number: int, stream: TextIO | None) -> TextIO:
    """Return a stream for that file; it can print a path that is no UTF-8, too."""
    return io.TextIOWrapper(
        io.BufferedWriter(Leaky(number, "w", closefd=False)),
        encoding=getattr(stream, "encoding", "utf-8"),
        errors="backslashreplace",
        line_buffering=getattr(stream, "line_buffering", True),
        write_through=getattr(stream, "write_through", False),
    )


def flush() -> None:
    """Write what is still in memory."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]
