"""Workflow Executions that took the branch that a test wants: BackgroundCheck throws dice."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer, Worker

from backgroundcheck import BackgroundCheck
from connection import runtime
from replaygate.events import type_of
from worker import ACTIVITIES, WORKFLOWS

SSN = "555-55-5555"
CHOSEN = {"TimerStarted", "ActivityTaskScheduled", "WorkflowExecutionCompleted"}
TRIES = 40  # the wanted branch stays away from all of them once in 2**38 times

SOON = timedelta(seconds=1)  # after which the Temporal Service offers a Workflow Task again

# The Events of an Execution that completes, without the sleep and with it.
AWAKE = [
    "WorkflowExecutionStarted",
    "WorkflowTaskScheduled",
    "WorkflowTaskStarted",
    "WorkflowTaskCompleted",
    "ActivityTaskScheduled",
    "ActivityTaskStarted",
    "ActivityTaskCompleted",
    "WorkflowTaskScheduled",
    "WorkflowTaskStarted",
    "WorkflowTaskCompleted",
    "WorkflowExecutionCompleted",
]
WORKFLOW_TASK = AWAKE[1:4]
ASLEEP = [AWAKE[0], *WORKFLOW_TASK, "TimerStarted", "TimerFired", *WORKFLOW_TASK, *AWAKE[4:]]

# The Temporal Service drops a Workflow Task if to hand it over takes more than a second, as it may
# on a busy machine, and offers it again after its timeout. Then there are more Events than usual.
LOST = "WorkflowTaskTimedOut"

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
        asleep = "TimerStarted" in so_far
        if asleep is sleeps and LOST not in so_far:
            return handle
        await (handle.terminate() if asleep else handle.result())
    raise AssertionError(f"not one of {TRIES} Executions with {sleeps=}")


async def completed(client: Client, task_queue: str, *, sleeps: bool) -> WorkflowHistory:
    """Let an Execution take that branch to its end."""
    while True:
        handle = await started(client, task_queue, sleeps=sleeps)
        assert await handle.result() == "pass"
        history = await handle.fetch_history()
        if LOST not in types(history):
            return history


async def reached(
    event_type: str,
    client: Client,
    workflow: str,
    *arguments: Any,
    task_queue: str,
    **options: Any,
) -> tuple[WorkflowHandle[Any, Any], HistoryEvent]:
    """Start one Execution after another until one has an Event of that type; return both.

    The failure of a Workflow Task is an Event only at its first attempt, which may be lost.
    """
    for attempt in range(TRIES):
        handle = await client.start_workflow(
            workflow,
            args=arguments,
            id=f"{task_queue}-{attempt}",
            task_queue=task_queue,
            **options,
        )
        async for event in handle.fetch_history_events(wait_new_event=True):
            if type_of(event) == event_type:
                return handle, event
            if type_of(event) == LOST:
                break
    raise AssertionError(f"not one of {TRIES} Executions with {event_type}")


async def replay(history: WorkflowHistory) -> None:
    """Replay it on today's code; raises what the Replayer finds."""
    await Replayer(workflows=WORKFLOWS, runtime=runtime()).replay_workflow(history)
