from datetime import timedelta

from temporalio import workflow

SOON = timedelta(seconds=10)


@workflow.defn
class UpperId:
    @workflow.run
    async def run(self) -> str:
        name = workflow.info().workflow_id.upper()
        await workflow.execute_activity(
            "echo", "x", activity_id=name, start_to_close_timeout=SOON
        )
        return "x"


@workflow.defn
class BranchId:
    @workflow.run
    async def run(self) -> str:
        if workflow.info().workflow_id.startswith("vip-"):
            await workflow.execute_activity("echo2", "x", start_to_close_timeout=SOON)
        await workflow.execute_activity("echo", "x", start_to_close_timeout=SOON)
        return "x"


ALL = [UpperId, BranchId]
