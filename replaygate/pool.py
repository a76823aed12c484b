"""The one door: ``judge`` replays histories in processes that can be killed."""

import math
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, Protocol

from replaygate.processes import Child, Died, context
from replaygate.serving import Begins, Last, Settings, Told, serve
from replaygate.sources import Source
from replaygate.target import Target, TargetError
from replaygate.verdict import Outcome, Verdict

CORES = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
WORTH_A_PROCESS = 40  # histories; fewer are replayed before another process is up
MOST = 8  # processes a core; more only cost memory
BATCH = 16  # sources that a process is sent at once
EVENTS_MORE = 6_000  # so many Events give a history its time once more
TO_RESOLVE = 60.0  # seconds that the user's modules may take to be imported
ALIKE = 10  # histories without an answer, one after the other, end the run


class Fetching(Protocol):
    """Histories that come from elsewhere while others are replayed."""

    pipe: "Connection[Any, Any]"

    def receive(self) -> Source | Verdict | None:
        """Return what has come; None at the end."""


class Unanswered(Exception):
    """Too many histories in a row had no answer. The text is one line."""


class ReplayProcess:
    """A process that replays what it is sent, in order. Only killing it ends a hang."""

    def __init__(
        self, started_by: BaseContext, settings: Settings, core: int | None, timeout: float
    ) -> None:
        self.started_by, self.settings, self.core = started_by, settings, core
        self.timeout = timeout
        self.waiting: deque[Source] = deque()
        self.start()

    def start(self) -> None:
        """Start, or start again after a kill, and go on with what waits."""
        self.child = Child(self.started_by, serve, self.settings, self.core)
        self.ready = False  # whether the target is resolved
        self.several = False  # whether the first source that waits holds several histories
        self.patient(max(TO_RESOLVE, self.timeout))

    def patient(self, seconds: float) -> None:
        """Give it so much time from now on."""
        self.deadline = time.monotonic() + seconds

    def take(self, sources: list[Source]) -> None:
        """Take sources to replay next."""
        self.waiting = deque(sources)
        if self.ready:
            self.send()

    def send(self) -> None:
        """Send what waits to the process, which waits for it, so that this does not block."""
        self.patient(self.timeout)
        with suppress(OSError):  # it has just died, and what it died of is received next
            self.child.pipe.send([*self.waiting])

    def receive(self) -> Verdict | None:
        """Receive the next verdict, if what comes is one.

        Raises:
            TargetError: The target can't be resolved.
        """
        match self.child.receive():
            case None:
                self.ready = True
                if self.waiting:
                    self.send()
            case TargetError() as error:
                raise error
            case Told(verdict, more):
                self.patient(self.timeout)
                self.answered(more)
                return verdict
            case Last(verdict):
                return self.give_up(verdict)
            case Begins(events, several):
                self.several = several
                self.patient(self.timeout * (1 + events / EVENTS_MORE))
            case Died(reason) if self.ready:
                return self.give_up(self.unverified(reason))
            case Died(reason):
                raise TargetError(f"{self.settings.target.worker}: {reason} while it was imported")
        return None

    def answered(self, more: bool) -> None:
        """Note that a history of the first source has its verdict."""
        source = self.waiting.popleft()
        self.several = more
        if more:
            self.waiting.appendleft(replace(source, skip=source.skip + 1))

    def unverified(self, reason: str) -> Verdict:
        """Say that the history which is being replayed proved nothing."""
        return Verdict(self.waiting[0].name, Outcome.UNVERIFIED, reason)

    def give_up(self, verdict: Verdict) -> Verdict:
        """Give up the history that is being replayed, and go on behind it."""
        self.child.kill()
        self.answered(more=self.several)
        self.start()
        return verdict

    def late(self) -> Verdict | None:
        """Give up the history that is being replayed if its time is over.

        Raises:
            TargetError: The target is still not resolved.
        """
        if not self.waiting or time.monotonic() < self.deadline:
            return None
        if not self.ready:
            raise TargetError(
                f"{self.settings.target.worker} is not imported after "
                f"{max(TO_RESOLVE, self.timeout):g} s; more time: --timeout"
            )
        return self.give_up(
            self.unverified(f"there is no answer within {self.timeout:g} s; more time: --timeout")
        )


def judge(
    sources: Iterable[Source],
    target: Target,
    *,
    jobs: int = 0,
    timeout: float = 30.0,
    start_method: str = "",
    strict: bool = False,
    show_values: bool = False,
    fetching: Fetching | None = None,
) -> Iterator[Verdict]:
    """Replay histories in ``jobs`` processes and yield each verdict as soon as it is given.

    Args:
        jobs: By default as many as there are cores, if it pays.
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
    turn = os.getpid() % len(CORES) if CORES else 0  # else every small run takes the same core
    cores = [*CORES[turn:], *CORES[:turn]][:jobs]
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
            size = min(BATCH, math.ceil(len(queue) / (4 * len(replayers))))
            replayer.take([queue.popleft() for _ in range(size)])
