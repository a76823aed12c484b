"""Cancels a Timer that was waiting."""

import asyncio

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="timer_cancelled")
class Flow:
    """Cancels a Timer that was waiting."""

    @workflow.run
    async def run(self) -> str:
        timer = asyncio.create_task(do.rest(600))  # a Timer
        await do.act("open")  # the Activity open
        timer.cancel()  # the cancellation of a Timer
        await do.act("clear")  # the Activity clear
        return "done"
