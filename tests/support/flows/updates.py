"""An Update's handler executes Activities itself."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="updates")
class Flow:
    """An Update's handler executes Activities itself."""

    def __init__(self) -> None:
        self.steps = 0

    @workflow.update
    async def change(self, what: str) -> str:
        await do.act("validate")  # the Activity validate
        await do.act("store")  # the Activity store
        self.steps += 1
        return what

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        await workflow.wait_condition(lambda: self.steps > 0)
        await do.act("close")  # the Activity close
        return "done"
