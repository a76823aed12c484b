"""Takes its steps in methods that it calls."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="helpers")
class Flow:
    """Takes its steps in methods that it calls."""

    @workflow.run
    async def run(self) -> str:
        await self.prepare()
        await self.finish()
        return "done"

    async def prepare(self) -> None:
        """Take the first steps."""
        await do.act("measure")  # the Activity measure
        await do.rest(0.1)  # a Timer

    async def finish(self) -> None:
        """Take the last steps."""
        await do.act("cut")  # the Activity cut
        await do.act("sew")  # the Activity sew
