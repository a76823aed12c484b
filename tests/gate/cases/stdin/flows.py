from datetime import timedelta
from temporalio import workflow, activity
T = dict(start_to_close_timeout=timedelta(seconds=5))
@activity.defn
async def provision(x: str) -> str: return x
@activity.defn
async def notify(x: str) -> str: return x
@activity.defn
async def progress(x: str) -> str: return x
@activity.defn
async def charge(x: str) -> str: return x
@workflow.defn
class Steps:
    @workflow.run
    async def run(self) -> str:
        await workflow.execute_activity(provision, "a", **T)
        await workflow.execute_activity(progress, "c", **T)
        return "ok"
@workflow.defn
class Charges:
    @workflow.run
    async def run(self) -> str:
        for n in ("basic", "pro", "gold"):
            await workflow.execute_activity(charge, n, activity_id=f"charge-{n}", **T)
        return "ok"
ACTS=[provision, notify, progress, charge]
