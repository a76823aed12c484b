"""The field on which shadows run, and the Executions on it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.gate.shadow.targets.orders import WORKFLOWS, Order
from tests.support.shadows import Field

MANY = 60  # at least 25 for each of two slots
LAG = 3.5  # seconds after which a shadow looks for an Execution that was started


async def fill(client: Client, number: int) -> None:
    """Start so many Executions, and wait until a shadow finds them with their first Timer."""
    async with Worker(client, task_queue="orders", workflows=WORKFLOWS):
        handles = await asyncio.gather(
            *(
                client.start_workflow(Order.run, id=f"order-{each}", task_queue="orders")
                for each in range(number)
            )
        )
        lag = asyncio.create_task(asyncio.sleep(LAG))
        for handle in handles:
            async for event in handle.fetch_history_events(wait_new_event=True):
                if event.HasField("timer_started_event_attributes"):
                    break
    await lag


@pytest.fixture(scope="session")
async def field(
    dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Field]:
    """Executions that wait for a day, and a Worker of the build ``good``."""
    field = Field(tmp_path_factory.mktemp("field"), dev_server.client)
    await field.open()
    await asyncio.gather(fill(field.client, MANY), field.worker("good", "orders", "--jobs", "2"))
    yield field
    await field.project.close()
