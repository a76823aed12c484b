"""Another application: it has what the Background Check has not."""

import asyncio
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

SOON = timedelta(seconds=5)


class Item(BaseModel):
    """What is sold."""

    name: str
    price: int = 100


@activity.defn
async def audit(workflow_type: str) -> None:
    pass


@activity.defn
async def price_of(items: list[Item]) -> int:
    return sum(item.price for item in items)


@activity.defn
async def charge(price: int) -> str:
    return f"{price} charged"


class Audit(ClientInterceptor, Interceptor):
    """Executes an Activity before each Workflow."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return Audited


class Audited(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        kind = workflow.info().workflow_type
        await workflow.execute_activity(audit, kind, start_to_close_timeout=SOON)
        return await super().execute_workflow(input)


@workflow.defn
class Shipment:
    """The child of an Order."""

    @workflow.run
    async def run(self, items: list[Item]) -> None:
        await asyncio.sleep(0.5)  # until its parent has seen that it started


@workflow.defn
class Order:
    """Takes items until it is closed, charges for them, ships them, and begins the next order."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.closed = False

    @workflow.run
    async def run(self, orders: int) -> None:
        await workflow.wait_condition(lambda: self.closed)
        await workflow.wait_condition(workflow.all_handlers_finished)
        price = await workflow.execute_local_activity(
            price_of, self.items, start_to_close_timeout=SOON
        )
        await workflow.execute_activity(charge, price, start_to_close_timeout=SOON)
        await workflow.execute_child_workflow(
            Shipment.run, self.items, id=f"{workflow.info().workflow_id}-shipment"
        )
        if orders > 1:
            workflow.continue_as_new(orders - 1)

    @workflow.signal
    def add(self, item: Item) -> None:
        self.items.append(item)

    @workflow.query
    def basket(self) -> list[Item]:
        return self.items

    @workflow.update
    async def close(self) -> int:
        self.closed = True
        return len(self.items)
