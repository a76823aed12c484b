"""A Worker's Workflows, some of which nobody has ever started."""

import asyncio

from temporalio import workflow


@workflow.defn
class Order:
    """Waits for a day."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await asyncio.sleep(86_400)


@workflow.defn
class Refund:
    """Does nothing."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""


WORKFLOWS = [Order, Refund]
