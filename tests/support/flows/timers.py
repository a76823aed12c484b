"""Activities with Timers between them."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="timers")
class Flow:
    """Activities with Timers between them."""

    @workflow.run
    async def run(self) -> str:
        await do.act("charge")  # the Activity charge
        await do.rest(0.1)  # a Timer
        await do.act("remind")  # the Activity remind
        await do.rest(0.2)  # a Timer
        await do.act("close")  # the Activity close
        return "done"
