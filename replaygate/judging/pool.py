"""The one door: ``judge`` replays histories in processes that can be killed."""

import math
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from replaygate.inputs.sources import Source
from replaygate.judging.replay_process import ReplayProcess
from replaygate.judging.serving import Settings
from replaygate.processes.child import context
from replaygate.targets.target import Target
from replaygate.verdict import Verdict

CORES = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
WORTH_A_PROCESS = 40  # histories; fewer are replayed before another process is up
MOST = 8  # processes a core; more only cost memory
BATCH = 16  # sources that a process is sent at once
BATCH_BYTES = 200_000  # of them together; about as many as a process replays in a tenth of a second
ALIKE = 10  # histories without an answer, one after the other, end the run


class Fetching(Protocol):
    """Histories that come from elsewhere while others are replayed."""

    pipe: "Connection[Any, Any]"

    def receive(self) -> Source | Verdict | None:
        """Return what has come; None at the end."""


class Unanswered(Exception):
    """Too many histories in a row had no answer. The text is one line."""


def judge(
    sources: Iterable[Source],
    target: Target,
    *,
    jobs: int = 0,
    cores: Sequence[int] | None = None,
    timeout: float = 30.0,
    start_method: str = "",
    strict: bool = False,
    show_values: bool = False,
    fetching: Fetching | None = None,
) -> Iterator[Verdict]:
    """Replay histories in ``jobs`` processes and yield each verdict as soon as it is given.

    Args:
        jobs: By default as many as there are cores, if it pays.
        cores: On which each of them runs; by default on one each, if the system can do that.
        timeout: Seconds after which a history is given up; a long one gets more.
        start_method: As in ``multiprocessing``; see ``processes.context``.
        strict: Take another result than the recorded one for incompatible.
        show_values: Name values that a codec hides from the Temporal Service.
        fetching: More sources, which come while these are replayed.

    Raises:
        TargetError: The target can't be resolved.
        Unanswered: Too many histories in a row had no answer.
    """
    queue = deque(sources)
    jobs = processes_for(len(queue), jobs, bool(fetching))
    if jobs > 1:
        queue = longest_first(queue)
    turn = os.getpid() % len(CORES) if CORES else 0  # else every small run takes the same core
    cores = [*CORES[turn:], *CORES[:turn]][:jobs] if cores is None else cores
    settings = Settings(target, strict, show_values)
    started_by = context(start_method)
    replayers = [
        ReplayProcess(started_by, settings, core, timeout)
        for core, _ in zip_longest(cores, range(jobs))
    ]
    try:
        yield from circulate(queue, replayers, fetching)
    finally:
        for replayer in replayers:
            replayer.child.kill()


def processes_for(sources: int, jobs: int, fetching: bool) -> int:
    """Return how many processes to start: more than one only if it pays."""
    enough = fetching or sources >= WORTH_A_PROCESS
    wanted = jobs or (len(CORES) or os.cpu_count() if enough else 1) or 1
    return min(wanted, MOST * (os.cpu_count() or 1))


def circulate(
    queue: deque[Source], replayers: list[ReplayProcess], fetching: Fetching | None
) -> Iterator[Verdict]:
    """Hand out sources and yield verdicts until nothing is left."""
    unanswered = 0
    while True:
        hand_out(queue, replayers)
        busy = [replayer for replayer in replayers if replayer.waiting]
        pipes = [replayer.child.pipe for replayer in busy]
        if fetching and len(queue) < BATCH:  # else it waits, and so does the memory it takes
            pipes.append(fetching.pipe)
        if not pipes:
            return
        deadline = min((replayer.deadline for replayer in busy), default=math.inf)
        ready = wait(pipes, max(0.0, deadline - time.monotonic()) if busy else None)
        for replayer in busy:
            answered = replayer.child.pipe in ready
            verdict = replayer.receive() if answered else replayer.late()
            if verdict:
                unanswered = 0 if answered else unanswered + 1
                yield verdict
            if unanswered == ALIKE:
                raise Unanswered(f"The last {ALIKE} histories had no answer, so the run ends here.")
        if fetching and fetching.pipe in ready:
            match fetching.receive():
                case None:
                    fetching = None
                case Verdict() as verdict:
                    yield verdict
                case source:
                    queue.append(source)


def hand_out(queue: deque[Source], replayers: list[ReplayProcess]) -> None:
    """Send those who wait for work a batch each."""
    for replayer in replayers:
        if queue and not replayer.waiting:
            most = min(BATCH, math.ceil(len(queue) / (4 * len(replayers))))
            replayer.take(batch(queue, most))


def longest_first(sources: Iterable[Source]) -> deque[Source]:
    """Line sources up so that no process is left with a long one when the others are done."""
    return deque(sorted(sources, key=size_of, reverse=True))


def batch(queue: deque[Source], most: int) -> list[Source]:
    """Take at most so many sources off the queue, fewer if they are large."""
    taken = [queue.popleft()]
    size = size_of(taken[0])
    while queue and len(taken) < most and (size := size + size_of(queue[0])) <= BATCH_BYTES:
        taken.append(queue.popleft())
    return taken


def size_of(source: Source) -> int:
    """Return how much there is to read, by which to guess how long a replay takes."""
    try:
        return Path(source.path).stat().st_size if source.path else len(source.data)
    except (OSError, ValueError):  # who reads it will say why
        return 0
