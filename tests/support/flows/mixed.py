"""Steps of many kinds."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="mixed")
class Flow:
    """Steps of many kinds."""

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        await do.local("look")  # the Local Activity look
        await do.rest(0.1)  # a Timer
        do.note("looked")  # an upsert of search attributes
        await do.child("pack", id=f"{workflow.info().workflow_id}-kid")  # the Child Workflow pack
        await do.act("close")  # the Activity close
        return "done"
