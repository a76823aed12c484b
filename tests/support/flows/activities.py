"""Activities, one after the other."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="activities")
class Flow:
    """Activities, one after the other."""

    @workflow.run
    async def run(self) -> str:
        await do.act("charge")  # the Activity charge
        await do.act("ship")  # the Activity ship
        await do.act("notify")  # the Activity notify
        await do.act("close")  # the Activity close
        return "done"
