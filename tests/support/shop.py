"""Another application, for test_take_home.py: it has what the Background Check has not."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=5)


@activity.defn
async def price_of(items: list[str]) -> int:
    return 100 * len(items)


@activity.defn
async def charge(price: int) -> str:
    return f"{price} charged"


@workflow.defn
class Shipment:
    """The child of an Order."""

    @workflow.run
    async def run(self, items: list[str]) -> None:
        await asyncio.sleep(0.5)  # until its parent has seen that it started


@workflow.defn
class Order:
    """Takes items until it is closed, charges for them, ships them, and begins the next order."""

    def __init__(self) -> None:
        self.items: list[str] = []
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
    def add(self, item: str) -> None:
        self.items.append(item)

    @workflow.query
    def basket(self) -> list[str]:
        return self.items

    @workflow.update
    async def close(self) -> int:
        self.closed = True
        return len(self.items)
