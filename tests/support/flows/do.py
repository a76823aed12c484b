"""The steps that the Workflows of this folder take."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError

A_MINUTE = timedelta(minutes=1)
KEY = SearchAttributeKey.for_keyword("CustomKeywordField")


async def act(name: str, **more: Any) -> str:
    """Execute an Activity."""
    result: str = await workflow.execute_activity(name, start_to_close_timeout=A_MINUTE, **more)
    return result


async def local(name: str) -> str:
    """Execute a Local Activity."""
    result: str = await workflow.execute_local_activity(name, start_to_close_timeout=A_MINUTE)
    return result


async def rest(seconds: float) -> None:
    """Wait for a Timer."""
    await asyncio.sleep(seconds)


async def child(name: str, **more: Any) -> str:
    """Execute a Child Workflow."""
    result: str = await workflow.execute_child_workflow(name, **more)
    return result


async def ask(operation: str, service: str = "desk") -> str:
    """Execute a Nexus Operation."""
    client = workflow.create_nexus_client(service=service, endpoint="desks")
    result: str = await client.execute_operation(operation, "please", output_type=str)
    return result


async def tell(workflow_id: str, signal: str) -> None:
    """Signal another Execution, which nobody started."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(signal)
    except Exception as error:
        workflow.logger.info("not told: %s", error)


async def stop(workflow_id: str) -> None:
    """Ask another Execution, which nobody started, to cancel."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).cancel()
    except Exception as error:
        workflow.logger.info("not stopped: %s", error)


def note(value: str) -> None:
    """Upsert a search attribute."""
    workflow.upsert_search_attributes([KEY.value_set(value)])


def start(name: str, **more: Any) -> workflow.ActivityHandle[Any]:
    """Start an Activity that waits until it is cancelled."""
    more.setdefault("heartbeat_timeout", timedelta(seconds=5))
    return workflow.start_activity(name, start_to_close_timeout=A_MINUTE, **more)


async def give_up(handle: workflow.ActivityHandle[Any]) -> None:
    """Cancel an Activity and wait for its end."""
    handle.cancel()
    try:
        await handle
    except ActivityError:
        workflow.logger.info("cancelled")


async def linger(**more: Any) -> workflow.ChildWorkflowHandle[Any, Any]:
    """Start a Child Workflow that waits until it is cancelled."""
    kid = f"{workflow.info().workflow_id}-kid"
    return await workflow.start_child_workflow("linger", **{"id": kid, **more})
