"""A task of its own beside the main method."""

import asyncio

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="tasks")
class Flow:
    """A task of its own beside the main method."""

    def __init__(self) -> None:
        self.steps = 0

    @workflow.signal
    def step(self) -> None:
        self.steps += 1

    @workflow.run
    async def run(self) -> str:
        task = asyncio.create_task(self.aside())
        await do.rest(0.1)  # a Timer
        await do.act("front")  # the Activity front
        await task
        await do.act("close")  # the Activity close
        return "done"

    async def aside(self) -> None:
        """Take steps beside the main method."""
        await workflow.wait_condition(lambda: self.steps > 0)
        await do.act("aside")  # the Activity aside
        await do.act("beside")  # the Activity beside
