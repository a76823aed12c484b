"""Finds Workflow code that does not yield, as a Worker's deadlock detector does."""

import sys
import threading
import time
from dataclasses import dataclass

from replaygate.frames import of_coroutine, of_stack, shown
from replaygate.inputs.pending import is_stuck
from replaygate.processes.child import Channel
from replaygate.processes.starved import Stopwatch
from replaygate.replay.replayer import Replay
from replaygate.replay.stopped import does_not_yield
from replaygate.replay.tasks import tasks_of
from replaygate.replay.witness import Witness
from replaygate.verdict import Frame, Verdict

DEADLOCK = 2.0  # seconds after which a Worker says that Workflow code does not yield


@dataclass(frozen=True)
class Last:
    """A verdict on code that does not return; the process that gave it has ended."""

    verdict: Verdict


def watch(replay: Replay, channel: Channel, limit: float = DEADLOCK) -> None:
    """Do what a Worker's deadlock detector does, which is off in the SDK's debug mode."""
    main = threading.main_thread()
    stopwatch = Stopwatch(main)
    while True:
        time.sleep(DEADLOCK / 10)
        since = replay.witness.since
        if since and replay.finds_deadlocks and stopwatch.took(since) > limit:
            stood_at = runs_at(main.ident or 0) or stands_at(replay.witness)
            if replay.witness.since == since:
                replays = replay.witness.activations[-1].is_replaying
                stuck = is_stuck(replay.witness.events) and not replays
                channel.leave(Last(does_not_yield(replay.current, stood_at, stuck, replay.strict)))


def runs_at(thread: int, looks: int = 50) -> tuple[Frame, ...]:
    """Return the user's lines that a thread runs; of those that yield, most looks see none."""
    for _ in range(looks):
        if places := of_stack(sys._current_frames().get(thread)):
            return shown(places)
        time.sleep(0.002)
    return ()


def stands_at(witness: Witness) -> tuple[Frame, ...]:
    """Return the user's lines at which a task of the Workflow waits."""
    tasks = tasks_of(witness.instance) if witness.instance else []
    return next(filter(None, (of_coroutine(task.get_coro()) for task in tasks)), ())
