"""Nexus Operations, then an Activity."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="nexus")
class Flow:
    """Nexus Operations, then an Activity."""

    @workflow.run
    async def run(self) -> str:
        await do.ask("hello")  # the Nexus Operation hello
        await do.act("listen")  # the Activity listen
        await do.ask("goodbye")  # the Nexus Operation goodbye
        return "done"
