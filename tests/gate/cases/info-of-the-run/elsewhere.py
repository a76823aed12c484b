from temporalio import workflow

from flows import SOON


@workflow.defn
class Routed:
    @workflow.run
    async def run(self) -> str:
        if workflow.info().task_queue != "q":
            await workflow.execute_activity("echo2", "x", start_to_close_timeout=SOON)
        return await workflow.execute_activity("echo", "x", start_to_close_timeout=SOON)


ALL = [Routed]
