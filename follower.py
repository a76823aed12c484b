"""Follows a Workflow Execution: its Events in rows, and what it waits for meanwhile."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from rich.progress import BarColumn, Progress, TextColumn
from temporalio.api.enums.v1 import PendingWorkflowTaskState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingWorkflowTaskInfo
from temporalio.client import WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

import commands
from codec import Unreadable
from program import Mistake, masked
from replaygate.events import detail_of, row, type_of

NO_WORKER_AFTER = 5  # seconds that a Workflow Task waits before we say so
SAY_EVERY = 10  # seconds between two lines about a Timer, where there is no bar
PATIENCE = 600  # seconds without the Temporal Service before we give up
PASSING = {
    *(RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.UNAVAILABLE, RPCStatusCode.CANCELLED),
    *(RPCStatusCode.UNKNOWN, RPCStatusCode.INTERNAL, RPCStatusCode.ABORTED),
    RPCStatusCode.RESOURCE_EXHAUSTED,
}

Result = TypeVar("Result")


@dataclass
class Follower:
    """Somebody who watches one Workflow Execution, and has seen a part of its Events."""

    handle: WorkflowHandle[Any, Any]
    converter: DataConverter
    again: str  # the command that joins the Execution
    mend: str  # what to do when the code was wrong
    gone: Callable[[], bool]  # is it certain that the Temporal Service does not come back?
    shown: int = 0
    failed: str = ""  # why the last Workflow Task failed
    said: set[str] = field(default_factory=set)
    lost: float = 0  # when the Temporal Service was there for the last time

    async def follow(self) -> None:
        """Print every Event as it is appended, from the first one until the Execution closes."""
        print(f"{'ID':>5}  {'Time':<20}  Type", flush=True)
        await self.patiently(self._rows)

    async def patiently(self, step: Callable[[], Awaitable[Result]]) -> Result:
        """Take the step; while the Temporal Service can't be reached, again and again.

        Raises:
            Mistake: It stays away, or no longer knows the Workflow Execution.
        """
        while True:
            try:
                result = await step()
                self._found()
                return result
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    raise Mistake(f"It is not there any more ({error}). {self._rejoin()}") from None
                if error.status not in PASSING:
                    raise
                self._missed(error)
            await asyncio.sleep(1)

    def _missed(self, error: RPCError) -> None:
        """Say once that the Service does not answer; give up when that makes no sense any more."""
        if self.gone():
            raise Mistake(f"The dev server has ended. {self._rejoin()}") from None
        if not self.lost:
            self.lost = time.monotonic()
            print(
                f"The Temporal Service does not answer ({error}). The Workflow Execution does "
                f"not need us; we try again for {PATIENCE // 60} minutes.",
                file=sys.stderr,
            )
        if time.monotonic() - self.lost > PATIENCE:
            raise Mistake(f"The Temporal Service does not answer. {self._rejoin()}") from None

    def _found(self) -> None:
        if self.lost:
            print("The Temporal Service answers again.", file=sys.stderr)
        self.lost = 0

    def _rejoin(self) -> str:
        return f"Join the Workflow Execution again, or start another: {self.again}"

    async def _rows(self) -> None:
        waiting = asyncio.create_task(asyncio.sleep(0))
        try:
            async for event in self.handle.fetch_history_events(wait_new_event=True):
                self._found()
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
            self.said.clear()
        elif kind in ("WorkflowTaskFailed", "WorkflowTaskTimedOut"):
            self.failed = masked(detail_of(event)) or "it took too long"

    async def _wait(self, event: HistoryEvent) -> None:
        """Tell what the Execution waits for after this Event; the next Event cancels it."""
        kind = type_of(event)
        if kind == "TimerStarted":
            timer = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            await countdown(event.event_time.ToDatetime(UTC) + timer, timer.total_seconds())
        elif kind.startswith("WorkflowTask"):
            await self._watch_task()

    async def _watch_task(self) -> None:
        """Look after the pending Workflow Task: does a Worker take it, and does it succeed?"""
        seen, since = (0, 0), time.monotonic()
        while True:
            await asyncio.sleep(NO_WORKER_AFTER / 5)
            with contextlib.suppress(RPCError):
                description = (await self.handle.describe()).raw_description
                task = description.pending_workflow_task
                if seen != (task.attempt, task.state):
                    seen, since = (task.attempt, task.state), time.monotonic()
                self._judge(task, time.monotonic() - since)

    def _judge(self, task: PendingWorkflowTaskInfo, seconds: float) -> None:
        scheduled = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
        if task.attempt > 2:
            times = f"{task.attempt - 1} times"
            self._say_once(f"This Workflow Task has failed {times}: {self.failed}. {self.mend}")
        if task.state == scheduled and seconds > NO_WORKER_AFTER * 0.9:
            worker = commands.python("worker.py")
            self._say_once(
                f"No Worker has taken this Workflow Task for {NO_WORKER_AFTER} s. "
                f"Start one in another terminal: {worker}"
            )

    def _say_once(self, text: str) -> None:
        kind = text.split()[0]
        if kind not in self.said:
            print(text, file=sys.stderr)
        self.said.add(kind)


async def countdown(fires: datetime, total: float) -> None:
    """Show how long a Timer runs still: a bar on a terminal, else a line now and then."""
    fancy = sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    told = total
    with Progress(
        TextColumn("{task.description}"), BarColumn(), transient=True, disable=not fancy
    ) as progress:
        bar = progress.add_task("", total=total)
        while (left := (fires - datetime.now(UTC)).total_seconds()) > 0:
            text = f"Timer fires in {left:.0f} s"
            progress.update(bar, completed=total - left, description=text)
            if not fancy and told - left >= SAY_EVERY:
                print(f"{'':5}  {text}", flush=True)
                told = left
            await asyncio.sleep(0.1)


async def decrypt_failure(event: HistoryEvent, converter: DataConverter) -> None:
    """Put the text of a failure, if it is encoded, where ``detail_of`` looks for it."""
    attributes = getattr(event, event.WhichOneof("attributes") or "", None)
    failure = getattr(attributes, "failure", Failure())
    if failure.HasField("encoded_attributes"):
        try:
            failure.message = getattr(await converter.decode_failure(failure), "message", "")
        except Unreadable as error:
            failure.message = str(error)
