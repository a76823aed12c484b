"""Waits for Signals between its Activities."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="signals")
class Flow:
    """Waits for Signals between its Activities."""

    def __init__(self) -> None:
        self.steps = 0

    @workflow.signal
    def step(self) -> None:
        self.steps += 1

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        await workflow.wait_condition(lambda: self.steps > 0)
        await do.act("work")  # the Activity work
        await do.rest(0.1)  # a Timer
        await workflow.wait_condition(lambda: self.steps > 1)
        await do.act("close")  # the Activity close
        return "done"
