"""A patch around an Activity, and another later."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="patches")
class Flow:
    """A patch around an Activity, and another later."""

    @workflow.run
    async def run(self) -> str:
        if workflow.patched("greet"):
            await do.act("greet")  # the Activity greet
        await do.act("charge")  # the Activity charge
        if workflow.patched("thank"):
            await do.act("thank")  # the Activity thank
        return "done"
