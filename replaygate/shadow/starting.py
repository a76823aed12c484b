"""Starts a shadow, joins the one that runs already, or has a Schedule start it again and again."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from replaygate.mistake import Mistake
from replaygate.shadow.request import REQUEST, Account, Request, name_of
from replaygate.shadow.workflow import Shadow

Handle = WorkflowHandle[Any, Account]


async def started(client: Client, build: str, request: Request) -> tuple[Handle, bool]:
    """Start a build's shadow, or join it; return it, and whether it was started.

    Raises:
        Mistake: One with another request runs: its verdict would answer another question.
    """
    name = name_of(build)
    try:
        handle: Handle = await client.start_workflow(
            Shadow.run,
            args=[request, None],
            id=name,
            task_queue=name,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            memo={REQUEST: asdict(request)},
        )
    except WorkflowAlreadyStartedError:
        handle = client.get_workflow_handle(name, result_type=Account)
        if others := differences(await request_of(handle), asdict(request)):
            raise Mistake(
                f"A shadow of build {build} runs with another request ({', '.join(others)}): "
                f"wait for it, or end it: temporal workflow cancel --workflow-id {name} "
                f"--namespace {client.namespace}"
            ) from None
        return handle, False
    return handle, True


async def request_of(handle: Handle) -> dict[str, Any]:
    """Return what a shadow was asked for."""
    found = await (await handle.describe()).memo_value(REQUEST, default={})
    return found if isinstance(found, dict) else {}


def differences(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Name what differs in two requests."""
    return [name for name in ours if theirs.get(name) != ours[name]]


async def scheduled(client: Client, build: str, request: Request, every: timedelta) -> bool:
    """Have a Schedule start the shadow that often, unless the last one still runs.

    Return whether the Schedule is new, and has started the first. One of that build that is there
    already gets the new request and the new interval, and starts the next when it is due.
    """
    name = name_of(build)
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            Shadow.run,
            args=[request, None],
            id=name,
            task_queue=name,
            memo={REQUEST: asdict(request)},
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule(name, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(lambda _: ScheduleUpdate(schedule))
        return False
    return True
