import queue
from datetime import timedelta

from temporalio import workflow

SOON = timedelta(seconds=10)


@workflow.defn
class Blocks:
    @workflow.signal
    def step(self) -> None: ...

    @workflow.run
    async def run(self) -> str:
        await workflow.execute_activity("echo", "x", start_to_close_timeout=SOON)
        try:
            queue.Queue().get(timeout=2.5)
        except queue.Empty:
            pass
        await workflow.execute_activity("echo", "x", start_to_close_timeout=SOON)
        return "x"


ALL = [Blocks]
