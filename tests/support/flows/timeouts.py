"""Waits for a Signal, but not for ever."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="timeouts")
class Flow:
    """Waits for a Signal, but not for ever."""

    def __init__(self) -> None:
        self.steps = 0

    @workflow.signal
    def step(self) -> None:
        self.steps += 1

    @workflow.run
    async def run(self) -> str:
        await do.act("open")  # the Activity open
        await workflow.wait_condition(lambda: self.steps > 0, timeout=600)  # a Timer
        await do.act("work")  # the Activity work
        await do.act("close")  # the Activity close
        return "done"
