"""Activities whose ids the code gives."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="numbered")
class Flow:
    """Activities whose ids the code gives."""

    @workflow.run
    async def run(self) -> str:
        await do.act("say", activity_id="one")  # the Activity say
        await do.act("say", activity_id="two")  # the Activity say
        await do.act("sing", activity_id="three")  # the Activity sing
        return "done"
