"""The parent's side of a process that replays: its time, its end, and what it leaves undone."""

import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from multiprocessing.context import BaseContext

from replaygate.inputs.sources import Source
from replaygate.judging.deadlock import Last
from replaygate.judging.serving import Begins, Settings, Told, serve
from replaygate.processes.child import Child, Died
from replaygate.targets.target import TargetError
from replaygate.verdict import Lost, Outcome, Verdict

EVENTS_MORE = 6_000  # so many Events give a history its time once more
MORE_TIME = "more time: --timeout S of replaygate check or shadow"
TO_RESOLVE = 60.0  # seconds that the user's modules may take to be imported


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
        self.patience = seconds
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
                self.patient(time_for(events, self.timeout))
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
        return Lost(self.waiting[0].name, Outcome.UNVERIFIED, reason)

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
            worker = self.settings.target.worker
            raise TargetError(f"{worker} is not imported after {self.patience:g} s; {MORE_TIME}")
        why = f"there is no answer within {self.patience:g} s; {MORE_TIME}"
        return self.give_up(self.unverified(why))


def time_for(events: float, timeout: float) -> float:
    """Return the seconds that a history of so many Events gets, at least ``timeout``."""
    return timeout * (1 + round(events / EVENTS_MORE, 1))
