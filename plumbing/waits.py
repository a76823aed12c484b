"""What a Workflow Execution waits for, told to a person: its Timer, or a Worker for its Task."""

import asyncio
import contextlib
import os
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn
from temporalio.api.enums.v1 import PendingWorkflowTaskState
from temporalio.api.workflow.v1 import PendingWorkflowTaskInfo
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from plumbing import commands
from replaygate.plain import plain

NO_WORKER_AFTER = 5  # seconds that a Workflow Task waits before we say so
SAY_EVERY = 10  # seconds between two lines about a Timer, where there is no bar


async def countdown(fires: datetime, total: float) -> None:
    """Show how long a Timer runs still: a bar on a terminal, else a line now and then."""
    fancy = sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    told = total
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        transient=True,
        disable=not fancy,
        redirect_stdout=False,  # rich would break lines that somebody may copy
        redirect_stderr=False,
    ) as progress:
        progress.console.show_cursor()  # hidden it would stay so after Ctrl-Z
        bar = progress.add_task("", total=total)
        while (left := (fires - datetime.now(UTC)).total_seconds()) > 0:
            text = f"Timer fires in {left:.0f} s"
            progress.update(bar, completed=total - left, description=text)
            if not fancy and told - left >= SAY_EVERY:
                print(f"{'':5}  {text}", flush=True)
                told = left
            await asyncio.sleep(0.1)


@dataclass
class TaskWatch:
    """Looks after the pending Workflow Task: does a Worker take it, and does it succeed?"""

    handle: WorkflowHandle[Any, Any]
    queue: str  # the Task Queue of our Worker
    mend: str  # what to do when the code was wrong
    failed: str = ""  # why the last Workflow Task failed
    said: set[str] = field(default_factory=set)

    async def watch(self) -> None:
        """Say once what keeps the Task; never returns."""
        seen, since = (0, 0), time.monotonic()
        while True:
            await asyncio.sleep(NO_WORKER_AFTER / 5)
            with contextlib.suppress(RPCError):
                described = await self.handle.describe()
                task = described.raw_description.pending_workflow_task
                if seen != (task.attempt, task.state):
                    seen, since = (task.attempt, task.state), time.monotonic()
                self._judge(task, time.monotonic() - since, described.task_queue)

    def _judge(self, task: PendingWorkflowTaskInfo, seconds: float, queue: str) -> None:
        scheduled = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
        if task.attempt > 2:
            times = f"{task.attempt - 1} times"
            self._say_once(f"This Workflow Task has failed {times}: {self.failed}. {self.mend}")
        if task.state == scheduled and seconds > NO_WORKER_AFTER * 0.9:
            hint = f"Start one in another terminal: {commands.python('worker.py')}"
            if queue != self.queue:
                hint = f"Ours would not: its Task Queue is {queue}"
            self._say_once(
                f"No Worker has taken this Workflow Task for {NO_WORKER_AFTER} s. {hint}"
            )

    def _say_once(self, text: str) -> None:
        kind = text.split()[0]
        if kind not in self.said:
            print(plain(text), file=sys.stderr)
        self.said.add(kind)
