"""Stops code that runs too long in this thread, as the SDK stops deadlocked Workflow code."""

import contextlib
import ctypes
import threading
from collections.abc import Iterator


class TooLong(BaseException):
    """The code ran longer than it may."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooLong in the code of this block once so many seconds are over, and swallow it.

    What is to be raised can't be taken back: after PyThreadState_SetAsyncExc with NULL, Python 3.11
    never gets on with code that is traced.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    lock, inside, struck = threading.Lock(), True, False

    def interrupt() -> None:
        nonlocal struck
        with lock:
            if inside:
                struck = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TooLong))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    with contextlib.suppress(TooLong):
        try:
            yield
        finally:
            timer.cancel()
            with lock:
                inside = False
            for _ in range(100 if struck else 0):
                pass  # it comes with one of the next steps, if it has not come before
