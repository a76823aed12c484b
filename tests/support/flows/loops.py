"""The same Activity again and again, then others."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="loops")
class Flow:
    """The same Activity again and again, then others."""

    @workflow.run
    async def run(self) -> str:
        for _ in range(3):
            await do.act("poll")  # the Activity poll
        await do.act("report")  # the Activity report
        await do.rest(0.1)  # a Timer
        return "done"
