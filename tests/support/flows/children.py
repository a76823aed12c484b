"""Child Workflows whose ids the code gives."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="children")
class Flow:
    """Child Workflows whose ids the code gives."""

    @workflow.run
    async def run(self) -> str:
        me = workflow.info().workflow_id
        await do.child("pack", id=f"{me}-first")  # the Child Workflow pack
        await do.act("weigh")  # the Activity weigh
        await do.child("send", id=f"{me}-second")  # the Child Workflow send
        return "done"
