"""Cancels an Activity that was waiting."""

from temporalio import workflow

from tests.support.flows import do


@workflow.defn(name="cancellation")
class Flow:
    """Cancels an Activity that was waiting."""

    def __init__(self) -> None:
        self.steps = 0

    @workflow.signal
    def step(self) -> None:
        self.steps += 1

    @workflow.run
    async def run(self) -> str:
        waiting = do.start("hang")  # the Activity hang
        await workflow.wait_condition(lambda: self.steps > 0)
        await do.give_up(waiting)  # the cancellation of the Activity hang
        await do.act("clear")  # the Activity clear
        await do.act("close")  # the Activity close
        return "done"
