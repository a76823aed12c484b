"""Search attributes and memo between Activities."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="upserts")
class Flow:
    """Search attributes and memo between Activities."""

    @workflow.run
    async def run(self) -> str:
        do.note("opened")  # an upsert of search attributes
        await do.act("open")  # the Activity open
        workflow.upsert_memo({"state": "open"})  # an upsert of the memo
        await do.act("work")  # the Activity work
        do.note("closed")  # an upsert of search attributes
        return "done"
