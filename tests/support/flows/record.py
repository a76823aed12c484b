"""Records the Workflows of this folder: `python -m tests.support.flows.record [NAME ...]`.

Needs a dev server's binary. Recordings that are there already stay as they are.
"""

import asyncio
import contextlib
import importlib
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import nexusrpc
import nexusrpc.handler
from temporalio import activity, workflow
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import CreateNexusEndpointRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from program import run
from tests.support.flows import do
from tests.support.servers import start_dev_server

HERE = Path(__file__).parent
HISTORIES = HERE.parent.parent / "gate" / "histories"
QUEUE = "flows"
NAMES = sorted({path.stem for path in HERE.glob("*.py")} - {"__init__", "do", "record"})


@activity.defn(dynamic=True)
async def anything(arguments: Sequence[RawValue]) -> str:
    """Do whatever Activity it is; by its name it fails, or waits until it is cancelled."""
    if activity.info().activity_type.startswith("fail"):
        raise ApplicationError("it fails", non_retryable=True)
    while activity.info().activity_type.startswith("hang"):
        activity.heartbeat()
        await asyncio.sleep(0.2)
    return f"{activity.info().activity_type} done"


@workflow.defn(dynamic=True)
class AnyChild:
    """Do whatever Child Workflow it is; one that is called linger waits until it is cancelled."""

    @workflow.run
    async def run(self, arguments: Sequence[RawValue]) -> str:
        if workflow.info().workflow_type == "linger":
            await asyncio.sleep(600)
        return f"{workflow.info().workflow_type} done"


@nexusrpc.handler.service_handler(name="desk")
class Desk:
    """Answer Nexus Operations."""

    @nexusrpc.handler.sync_operation
    async def hello(self, context: nexusrpc.handler.StartOperationContext, input: str) -> str:
        """Answer hello."""
        return f"hello {input}"

    @nexusrpc.handler.sync_operation
    async def goodbye(self, context: nexusrpc.handler.StartOperationContext, input: str) -> str:
        """Answer goodbye."""
        return f"goodbye {input}"


async def step(handle: WorkflowHandle[Any, Any], times: int = 1) -> None:
    """Send the Signal step, not all at once."""
    for _ in range(times):
        await asyncio.sleep(1.5)
        await handle.signal("step")


async def update(handle: WorkflowHandle[Any, Any]) -> None:
    """Send an Update and wait for its answer."""
    await asyncio.sleep(2)
    await handle.execute_update("change", "this")


async def cancel(handle: WorkflowHandle[Any, Any]) -> None:
    """Ask the Execution to cancel."""
    await asyncio.sleep(2)
    await handle.cancel()


async def nothing(handle: WorkflowHandle[Any, Any]) -> None:
    """Do nothing to it."""


DRIVERS: dict[str, Callable[[WorkflowHandle[Any, Any]], Awaitable[None]]] = {
    "signals": lambda handle: step(handle, 2),
    "signal_handler": step,
    "updates": update,
    "cancellation": step,
    "timeouts": step,
    "tasks": step,
    "cancelled": cancel,
}


async def record(client: Client, name: str) -> None:
    """Execute a Workflow and write its history down."""
    handle = await client.start_workflow(name, id=name, task_queue=QUEUE)
    drive = DRIVERS.get(name, nothing)
    await drive(handle)
    if name == "still_open":
        await asyncio.sleep(3)
    else:
        with contextlib.suppress(Exception):
            await handle.result()
    run = client.get_workflow_handle(name, run_id=handle.first_execution_run_id)
    history = json.loads((await run.fetch_history()).to_json())
    text = ",\n".join(json.dumps(event, separators=(",", ":")) for event in history["events"])
    (HISTORIES / f"{name}.json").write_text(f'{{"events":[\n{text}\n]}}\n')


async def main(names: Sequence[str]) -> int:
    """Record those of these Workflows that have no recording."""
    missing = [name for name in names or NAMES if not (HISTORIES / f"{name}.json").exists()]
    flows = [importlib.import_module(f"tests.support.flows.{name}").Flow for name in missing]
    async with await start_dev_server(search_attributes=[do.KEY]) as server:
        spec = EndpointSpec(name="desks", target=EndpointTarget())
        spec.target.worker.namespace, spec.target.worker.task_queue = server.client.namespace, QUEUE
        await server.client.operator_service.create_nexus_endpoint(
            CreateNexusEndpointRequest(spec=spec)
        )
        async with Worker(
            server.client,
            task_queue=QUEUE,
            workflows=[*flows, AnyChild],
            activities=[anything],
            nexus_service_handlers=[Desk()],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            await asyncio.gather(*(record(server.client, name) for name in missing))
    return 0


if __name__ == "__main__":
    run(main(sys.argv[1:]))
