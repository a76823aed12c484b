"""Child Workflows whose ids are drawn."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="random_children")
class Flow:
    """Child Workflows whose ids are drawn."""

    @workflow.run
    async def run(self) -> str:
        lot = workflow.random().randint(1, 6)
        await do.act("draw")  # the Activity draw
        await do.child("pack")  # the Child Workflow pack
        await do.child("send")  # the Child Workflow send
        return f"done {lot}"
