"""Activities at the same time, then one alone."""

import asyncio

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="gathered")
class Flow:
    """Activities at the same time, then one alone."""

    @workflow.run
    async def run(self) -> str:
        await asyncio.gather(
            do.act("north"),  # the Activity north
            do.act("east"),  # the Activity east
            do.act("south"),  # the Activity south
        )
        await do.act("meet")  # the Activity meet
        await do.rest(0.1)  # a Timer
        return "done"
