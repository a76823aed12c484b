"""The Worker's Workflow, but each replay takes a while."""

import asyncio
import time

from temporalio import workflow


@workflow.defn(sandboxed=False)
class Order:
    """Waits for a day."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        time.sleep(0.08)  # noqa: ASYNC251
        await asyncio.sleep(86_400)


WORKFLOWS = [Order]
