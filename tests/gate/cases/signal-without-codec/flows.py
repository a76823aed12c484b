from datetime import timedelta

from temporalio import workflow

SOON = timedelta(seconds=10)


@workflow.defn
class SigOnly:
    def __init__(self) -> None:
        self.v = ""

    @workflow.signal
    def step(self, v: str) -> None:
        self.v = v

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.v != "")
        await workflow.execute_activity("echo", self.v, start_to_close_timeout=SOON)
        return "x"


@workflow.defn
class UpdOnly:
    def __init__(self) -> None:
        self.v = ""

    @workflow.update
    async def change(self, v: str) -> str:
        self.v = v
        return v

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.v != "")
        await workflow.execute_activity("echo", self.v, start_to_close_timeout=SOON)
        return "x"


ALL = [SigOnly, UpdOnly]
