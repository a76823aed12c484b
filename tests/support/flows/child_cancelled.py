"""Cancels a Child Workflow that was waiting."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="child_cancelled")
class Flow:
    """Cancels a Child Workflow that was waiting."""

    @workflow.run
    async def run(self) -> str:
        kid = await do.linger()  # the Child Workflow linger
        await do.act("open")  # the Activity open
        kid.cancel()  # the cancellation of the Child Workflow linger
        await do.act("clear")  # the Activity clear
        return "done"
