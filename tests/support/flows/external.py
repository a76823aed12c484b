"""Signals and cancels Executions that are not there."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="external")
class Flow:
    """Signals and cancels Executions that are not there."""

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        await do.tell("nobody", "wake")  # the Signal wake to another Execution
        await do.act("wait")  # the Activity wait
        await do.stop("nobody")  # the cancellation of another Execution
        return "done"
