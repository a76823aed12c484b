"""Stops code that runs too long in this thread, as the SDK stops deadlocked Workflow code."""

import contextlib
import ctypes
import threading
from collections.abc import Iterator


class TooLong(BaseException):
    """The code ran longer than it may."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooLong in the code of this block once so many seconds are over, and swallow it."""
    thread = ctypes.c_ulong(threading.get_ident())
    lock, inside = threading.Lock(), True

    def interrupt() -> None:
        with lock:
            if inside:
                raise_in(thread, ctypes.py_object(TooLong))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except TooLong:
        pass
    finally:
        with contextlib.suppress(TooLong), lock:
            inside = False
            raise_in(thread, None)
        timer.cancel()


def raise_in(thread: ctypes.c_ulong, error: object) -> None:
    """Let a thread raise this exception soon; None takes it back."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)
