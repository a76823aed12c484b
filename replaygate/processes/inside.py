"""What every child process does first: it goes silent, bounds itself, and listens for its end."""

import _thread
import contextlib
import gc
import io
import logging
import multiprocessing
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

MEMORY = 2 << 30  # bytes of data that one process may hold
PANIC = re.compile(r"^thread '.*' .*panicked at|^thread '.*' panicked at")  # as Rust writes it


@dataclass(frozen=True)
class Died:
    """A process has ended before it answered."""

    reason: str


class Channel:
    """The child's end of the pipe to its parent; several threads may send."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        self.pipe = pipe
        self.lock = threading.Lock()

    def send(self, message: object) -> None:
        """Send a message."""
        with self.lock:
            self.pipe.send(message)

    def receive(self) -> Any:
        """Wait for the next message."""
        return self.pipe.recv()

    @contextlib.contextmanager
    def within(self, seconds: float, otherwise: object) -> Iterator[None]:
        """Leave with that message if what is done meanwhile takes longer."""
        timer = threading.Timer(seconds, self.leave, (otherwise,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def leave(self, message: object) -> None:
        """Send a last message and end this process, whatever its other threads do."""
        with contextlib.suppress(OSError):
            self.send(message)
        os._exit(0)


def enter(main: Callable[..., None], pipe: "Connection[Any, Any]", *arguments: object) -> None:
    """Begin a child process: it is silent, bounded, and ends with its parent."""
    gc.freeze()  # to look for garbage in all that is imported would copy it from our parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent will kill us
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that what the user's code starts ends with us
    channel = Channel(pipe)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=pipe.close)  # a process that we fork answers nobody
    silence()
    limit_memory()
    end_with_parent()
    end_by_kernel()
    end_on_panic(channel)
    try:
        main(channel, *arguments)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(where.filename)}:{where.lineno}"  # noqa: PTH119
        words = " ".join(str(error).split())
        channel.leave(
            Died(f"the gate itself fails on it: {type(error).__name__}: {words} ({place})")
        )
    os._exit(0)


def silence() -> None:
    """Keep what the user's code prints, warns of and logs away from our parent's streams."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    sys.stdout = io.TextIOWrapper(os.fdopen(nowhere, "wb"), errors="replace")
    sys.stderr = sys.stdout
    logging.disable()


def limit_memory() -> None:
    """Let a history that is made to fill the memory end this process only."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))


def end_with_parent() -> None:
    """End this process and its group when its parent is gone, whatever it is doing."""
    parent = multiprocessing.parent_process()

    def listen() -> None:
        if parent:
            parent.join()
        if hasattr(os, "killpg"):
            os.killpg(os.getpgid(0), signal.SIGKILL)
        os._exit(1)

    begin(listen)


def begin(listen: Callable[[], object]) -> None:
    """Run it in a thread that ``threading`` does not count: gevent wants to be the first."""
    _thread.start_new_thread(listen, ())


def end_by_kernel() -> None:
    """Let Linux kill this process with its parent: no thread of ours runs while C code loops.

    It signals that the pipe between the two is closed, which it is as soon as the parent is gone.
    """
    parent = multiprocessing.parent_process()
    if sys.platform != "linux" or not parent:
        return
    import fcntl

    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(parent.sentinel, fcntl.F_GETFL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
    if wait([parent.sentinel], 0):  # it was gone before that
        os._exit(1)


def end_on_panic(channel: Channel) -> None:
    """End this process when Core panics, because then it never answers; it only tells stderr."""
    reading, writing = os.pipe()
    os.dup2(writing, 2)

    def listen() -> None:
        with os.fdopen(reading, errors="replace") as lines:
            for line in lines:
                if PANIC.search(line):
                    channel.leave(Died("the SDK's Core panics on it, as on damaged histories"))

    begin(listen)
