"""Records the Workflows that were made up, on a real dev server."""

import asyncio
import contextlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    CreateNexusEndpointRequest,
)
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.support.differential.programs import Program
from tests.support.flows import do
from tests.support.flows.record import AnyChild, Desk, anything

QUEUE = "differential"
PAUSE = 0.1  # seconds between two Signals
PATIENCE = 6.0  # seconds; what has not ended by then is an open Execution


async def prepare(client: Client) -> None:
    """Let the dev server know the search attribute and the Nexus endpoint that programs use."""
    target = EndpointTarget()
    target.worker.namespace, target.worker.task_queue = client.namespace, QUEUE
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    operator = client.operator_service
    with contextlib.suppress(RPCError):  # it does
        await operator.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace, search_attributes={do.KEY.name: keyword}
            )
        )
    with contextlib.suppress(RPCError):
        await operator.create_nexus_endpoint(
            CreateNexusEndpointRequest(spec=EndpointSpec(name="desks", target=target))
        )


async def record(
    client: Client, programs: Sequence[Program], folder: Path
) -> list[list[HistoryEvent]]:
    """Write each program into a module of the folder, run it, and return its history."""
    for program in programs:
        (folder / f"{program.name}.py").write_text(program.source, encoding="utf-8")
    importlib.invalidate_caches()
    flows = [importlib.import_module(program.name).Flow for program in programs]
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[*flows, AnyChild],
        activities=[anything],
        nexus_service_handlers=[Desk()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        return await asyncio.gather(*(run(client, program) for program in programs))


async def run(client: Client, program: Program) -> list[HistoryEvent]:
    """Execute a program and do to it what it needs; return its history."""
    handle = await client.start_workflow(program.name, id=program.name, task_queue=QUEUE)
    driving = asyncio.create_task(drive(handle, program))
    patience = PATIENCE / 4 if program.stays_open else PATIENCE
    with contextlib.suppress(Exception):
        async with asyncio.timeout(patience):
            await handle.result(follow_runs=False)
    driving.cancel()
    await asyncio.wait([driving])
    first = client.get_workflow_handle(program.name, run_id=handle.first_execution_run_id)
    history = await first.fetch_history()
    if program.stays_open:
        with contextlib.suppress(RPCError):
            await handle.terminate()
    return list(history.events)


async def drive(handle: WorkflowHandle[Any, Any], program: Program) -> None:
    """Send the Signals and Updates that a program waits for, or ask it to cancel."""
    for number in range(max(program.signals, program.updates)):
        await asyncio.sleep(PAUSE)
        if number < program.signals:
            await handle.signal("step")
        if number < program.updates:
            await handle.execute_update("change", "this")
        await handle.query("so_far")
    if program.cancelled:
        await asyncio.sleep(PATIENCE / 4)
        await handle.cancel()
