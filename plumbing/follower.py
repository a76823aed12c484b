"""Follows a Workflow Execution: its Events in rows, and what it waits for meanwhile."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle
from temporalio.converter import DataConverter

from codec import Unreadable
from plumbing.patience import Patience
from plumbing.waits import TaskWatch, countdown
from program import masked
from replaygate.events import detail_of, row, type_of
from replaygate.plain import plain


@dataclass
class Follower:
    """Somebody who watches one Workflow Execution, and has seen a part of its Events."""

    handle: WorkflowHandle[Any, Any]
    converter: DataConverter
    patience: Patience
    task: TaskWatch
    shown: int = 0
    timers: dict[str, tuple[datetime, float]] = field(default_factory=dict)  # fires, after seconds
    has_task: bool = False  # a Workflow Task was scheduled, and is not completed

    async def follow(self) -> None:
        """Print every Event as it is appended, from the first one until the Execution closes.

        Raises:
            Mistake: The Temporal Service stays away, or no longer knows the Execution.
        """
        print(f"{'ID':>5}  {'Time':<20}  Type", flush=True)
        await self.patience.take(self._rows)

    async def _rows(self) -> None:
        waiting = None
        try:
            async for event in self.handle.fetch_history_events(wait_new_event=True):
                self.patience.found()
                # Others were seen before the connection was lost, or a Task is tried again.
                if event.event_id > self.shown:
                    await end(waiting)
                    waiting = None
                    self.shown = event.event_id
                    await decrypt_failure(event, self.converter)
                    print(plain(masked(row(event))), flush=True)
                    self._learn(event)
                if event.event_id == self.shown and not waiting:
                    waiting = asyncio.create_task(self._wait())
        finally:
            await end(waiting)

    def _learn(self, event: HistoryEvent) -> None:
        """Keep what the Execution waits for, and why its Workflow Task failed."""
        match type_of(event):
            case "TimerStarted":
                timer = event.timer_started_event_attributes
                runs = timer.start_to_fire_timeout.ToTimedelta()
                fires = event.event_time.ToDatetime(UTC) + runs
                self.timers[timer.timer_id] = fires, runs.total_seconds()
            case "TimerFired":
                self.timers.pop(event.timer_fired_event_attributes.timer_id, None)
            case "TimerCanceled":
                self.timers.pop(event.timer_canceled_event_attributes.timer_id, None)
            case "WorkflowTaskScheduled":
                self.has_task = True
            case "WorkflowTaskCompleted":
                self.has_task = False
                self.task.said.clear()
            case "WorkflowTaskFailed" | "WorkflowTaskTimedOut":
                self.task.failed = masked(detail_of(event)) or "it took too long"

    async def _wait(self) -> None:
        """Tell what the Execution waits for; the next Event cancels it."""
        if self.has_task:
            await self.task.watch()
        elif self.timers:
            await countdown(*min(self.timers.values()))


async def end(waiting: asyncio.Task[None] | None) -> None:
    """End it, so that no bar stands where something is printed."""
    if waiting:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def decrypt_failure(event: HistoryEvent, converter: DataConverter) -> None:
    """Put the text of a failure, if it is encoded, where ``detail_of`` looks for it."""
    attributes = getattr(event, event.WhichOneof("attributes") or "", None)
    failure = getattr(attributes, "failure", Failure())
    if failure.HasField("encoded_attributes"):
        try:
            failure.message = getattr(await converter.decode_failure(failure), "message", "")
        except Unreadable as error:
            failure.message = str(error)
