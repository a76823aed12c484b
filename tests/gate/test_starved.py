"""The time in which a thread had no core is no time of its own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from replaygate.processes.starved import Stopwatch, starved

LOOPS = "import os; os.sched_setaffinity(0, {%d}); print(flush=True)\nwhile True: pass"

told = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="only Linux tells it, and not every one"
)


@pytest.fixture
def busy() -> Iterator[int]:
    """A core on which two other processes never rest."""
    core = max(os.sched_getaffinity(0))
    hogs = [
        subprocess.Popen([sys.executable, "-c", LOOPS % core], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for hog in hogs:
        assert hog.stdout
        hog.stdout.readline()
    yield core
    for hog in hogs:
        with hog:
            hog.kill()


def loop(seconds: float, core: int | None = None) -> None:
    """Keep a core busy."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@told
def test_a_thread_that_shares_its_core_takes_less_than_the_clock_says(busy: int) -> None:
    """Of the seconds that passed, those count in which the thread could run."""
    thread = threading.Thread(target=loop, args=(1.0, busy))
    thread.start()
    stopwatch, since = Stopwatch(thread), time.monotonic()
    stopwatch.took(since)
    time.sleep(0.8)
    took, passed = stopwatch.took(since), time.monotonic() - since
    thread.join()
    assert took < 0.8 * passed


def test_a_thread_that_waits_takes_as_long_as_the_clock_says() -> None:
    """Time in which a thread does nothing by its own choice counts."""
    thread = threading.Thread(target=time.sleep, args=(1.0,))
    thread.start()
    stopwatch, since = Stopwatch(thread), time.monotonic()
    stopwatch.took(since)
    time.sleep(0.8)
    assert stopwatch.took(since) > 0.6  # where others take the cores, it wakes a little late
    thread.join()
    assert starved(thread) < 0.2  # its figures stay for a moment
