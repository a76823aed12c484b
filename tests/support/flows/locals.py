"""Local Activities, then an Activity."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="locals")
class Flow:
    """Local Activities, then an Activity."""

    @workflow.run
    async def run(self) -> str:
        await do.local("look")  # the Local Activity look
        await do.local("check")  # the Local Activity check
        await do.act("charge")  # the Activity charge
        await do.local("file")  # the Local Activity file
        return "done"
