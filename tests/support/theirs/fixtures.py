"""Their conftest.py."""

import os
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from tests.support.theirs.flows import WORKFLOWS

Run = Callable[..., Awaitable[WorkflowHandle[Any, Any]]]


@pytest.fixture
def run() -> Run:
    """Run a Workflow to its end, or only start it."""

    async def run(flow: Any, *arguments: object, served: bool = True) -> WorkflowHandle[Any, Any]:
        client = await Client.connect(os.environ["ADDRESS"], namespace=os.environ["NAMESPACE"])
        name = f"theirs-{uuid.uuid4()}"
        handle: WorkflowHandle[Any, Any] = await client.start_workflow(
            flow, args=arguments, id=name, task_queue=name
        )
        if served:
            async with Worker(client, task_queue=name, workflows=WORKFLOWS):
                await handle.result()
        return handle

    return run
