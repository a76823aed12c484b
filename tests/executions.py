"""Workflow Executions that took the branch that a test wants: BackgroundCheck throws dice."""

import asyncio
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer, Worker

from backgroundcheck import BackgroundCheck
from connection import runtime
from history import type_of
from worker import ACTIVITIES, WORKFLOWS

SSN = "555-55-5555"
CHOSEN = {"TimerStarted", "ActivityTaskScheduled", "WorkflowExecutionCompleted"}
TRIES = 40  # the wanted branch stays away from all of them once in 2**38 times

Handle = WorkflowHandle[BackgroundCheck, str]


def worker(client: Client, task_queue: str, **options: Any) -> Worker:
    """Build a Worker that serves what ours serves, unless ``options`` say otherwise."""
    defaults = {"workflows": WORKFLOWS, "activities": ACTIVITIES}
    return Worker(client, task_queue=task_queue, **{**defaults, **options})


def types(history: WorkflowHistory) -> list[str]:
    return [type_of(event) for event in history.events]


async def started(client: Client, task_queue: str, *, sleeps: bool) -> Handle:
    """Start one Execution after another until one takes that branch; the others are terminated."""
    for attempt in range(TRIES):
        handle = await client.start_workflow(
            BackgroundCheck.run, SSN, id=f"{task_queue}-{attempt}", task_queue=task_queue
        )
        so_far: list[str] = []
        while not CHOSEN & set(so_far):
            await asyncio.sleep(0.01)  # the time-skipping server can't wait for an Event
            so_far = types(await handle.fetch_history())
        if ("TimerStarted" in so_far) is sleeps:
            return handle
        await (handle.result() if sleeps else handle.terminate())
    raise AssertionError(f"not one of {TRIES} Executions with {sleeps=}")


async def completed(client: Client, task_queue: str, *, sleeps: bool) -> WorkflowHistory:
    """Let an Execution take that branch to its end."""
    handle = await started(client, task_queue, sleeps=sleeps)
    assert await handle.result() == "pass"
    return await handle.fetch_history()


async def replay(history: WorkflowHistory) -> None:
    """Replay it on today's code; raises what the Replayer finds."""
    await Replayer(workflows=WORKFLOWS, runtime=runtime()).replay_workflow(history)
