"""The team's own test of its Workflow, with one line more: ``await replay(handle)``."""

import asyncio
import os

import pytest
from shop import Item, Order
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter


@pytest.mark.asyncio
async def test_order(replay) -> None:
    client = await Client.connect(
        os.environ["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter
    )
    handle = await client.start_workflow(Order.run, 2, id="order", task_queue="shop")
    for orders in ("first", "last"):
        for name in ("a book", "a pen"):
            await handle.signal(Order.add, Item(name=f"{name} of the {orders}"))
        assert len(await handle.query(Order.basket)) == 2
        before = (await handle.describe()).run_id
        assert await handle.execute_update(Order.close) == 2
        while orders == "first" and (await handle.describe()).run_id == before:
            await asyncio.sleep(0.05)
    await handle.result()
    await replay(handle)
