"""Is cancelled, and cleans up."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="cancelled")
class Flow:
    """Is cancelled, and cleans up."""

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        try:
            await do.rest(600)  # a Timer
        finally:
            await do.act("undo")  # the Activity undo
            await do.act("tidy")  # the Activity tidy
        return "done"
