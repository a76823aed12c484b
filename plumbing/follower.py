"""Follows a Workflow Execution: its Events in rows, and what it waits for meanwhile."""

import asyncio
from dataclasses import dataclass
from datetime import UTC
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


@dataclass
class Follower:
    """Somebody who watches one Workflow Execution, and has seen a part of its Events."""

    handle: WorkflowHandle[Any, Any]
    converter: DataConverter
    patience: Patience
    task: TaskWatch
    shown: int = 0

    async def follow(self) -> None:
        """Print every Event as it is appended, from the first one until the Execution closes.

        Raises:
            Mistake: The Temporal Service stays away, or no longer knows the Execution.
        """
        print(f"{'ID':>5}  {'Time':<20}  Type", flush=True)
        await self.patience.take(self._rows)

    async def _rows(self) -> None:
        waiting = asyncio.create_task(asyncio.sleep(0))
        try:
            async for event in self.handle.fetch_history_events(wait_new_event=True):
                self.patience.found()
                if event.event_id <= self.shown:
                    continue  # seen before the connection was lost, or a Task that is tried again
                self.shown = event.event_id
                waiting.cancel()
                await decrypt_failure(event, self.converter)
                print(masked(row(event)), flush=True)
                self._learn(event)
                waiting = asyncio.create_task(self._wait(event))
        finally:
            waiting.cancel()

    def _learn(self, event: HistoryEvent) -> None:
        """Keep why the Workflow Task failed; the next Event may come before we tell it."""
        kind = type_of(event)
        if kind == "WorkflowTaskCompleted":
            self.task.said.clear()
        elif kind in ("WorkflowTaskFailed", "WorkflowTaskTimedOut"):
            self.task.failed = masked(detail_of(event)) or "it took too long"

    async def _wait(self, event: HistoryEvent) -> None:
        """Tell what the Execution waits for after this Event; the next Event cancels it."""
        kind = type_of(event)
        if kind == "TimerStarted":
            timer = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            await countdown(event.event_time.ToDatetime(UTC) + timer, timer.total_seconds())
        elif kind.startswith("WorkflowTask"):
            await self.task.watch()


async def decrypt_failure(event: HistoryEvent, converter: DataConverter) -> None:
    """Put the text of a failure, if it is encoded, where ``detail_of`` looks for it."""
    attributes = getattr(event, event.WhichOneof("attributes") or "", None)
    failure = getattr(attributes, "failure", Failure())
    if failure.HasField("encoded_attributes"):
        try:
            failure.message = getattr(await converter.decode_failure(failure), "message", "")
        except Unreadable as error:
            failure.message = str(error)
