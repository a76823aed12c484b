"""The Workflow of the long history: it sleeps again and again."""

import asyncio

from temporalio import workflow


@workflow.defn
class Sleeper:
    @workflow.run
    async def run(self, naps: int) -> None:
        for number in range(naps):
            await asyncio.sleep(1)
            workflow.logger.info("nap %d", number)
