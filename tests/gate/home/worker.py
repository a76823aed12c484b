"""The Worker as its team wrote it; nothing here was made for a gate."""

import asyncio
import os

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from shop import Audit, Order, Shipment, audit, charge, price_of


async def main() -> None:
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"),
        data_converter=pydantic_data_converter,
        interceptors=[Audit()],
    )
    worker = Worker(
        client,
        task_queue="shop",
        workflows=[Order, Shipment],
        activities=[audit, charge, price_of],
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main())
