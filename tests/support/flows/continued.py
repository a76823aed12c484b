"""Continues as new after its steps."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="continued")
class Flow:
    """Continues as new after its steps."""

    @workflow.run
    async def run(self) -> str:
        await do.act("count")  # the Activity count
        await do.rest(0.1)  # a Timer
        await do.act("rotate")  # the Activity rotate
        if workflow.info().continued_run_id is None:
            workflow.continue_as_new()
        return "done"
