"""A Signal's handler executes Activities itself."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="signal_handler")
class Flow:
    """A Signal's handler executes Activities itself."""

    def __init__(self) -> None:
        self.steps = 0

    @workflow.signal
    async def step(self) -> None:
        await do.act("hear")  # the Activity hear
        await do.act("answer")  # the Activity answer
        self.steps += 1

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        await workflow.wait_condition(lambda: self.steps > 0)
        await do.act("close")  # the Activity close
        return "done"
