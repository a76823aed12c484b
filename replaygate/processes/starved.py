"""Measures how long a thread takes, without the time in which it had no core.

On a busy machine sound code is slow, and that must not make it look stuck.
"""

import threading
import time
from pathlib import Path


class Stopwatch:
    """Measures what a thread takes for one thing after the other."""

    def __init__(self, thread: threading.Thread) -> None:
        self.thread = thread
        self.since = self.starved_before = 0.0

    def took(self, since: float) -> float:
        """Return the seconds since then (as of ``time.monotonic``) in which it could run.

        Ask soon after the beginning: only from then on it is known how long there was no core.
        """
        if since != self.since:
            self.since, self.starved_before = since, starved(self.thread)
        return time.monotonic() - since - (starved(self.thread) - self.starved_before)


def starved(thread: threading.Thread) -> float:
    """Return for how many seconds so far a thread of this process was ready, but had no core.

    Only Linux tells; elsewhere it is 0. https://docs.kernel.org/scheduler/sched-stats.html
    """
    try:
        told = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii")
        return int(told.split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
