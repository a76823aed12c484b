from datetime import timedelta

from temporalio import workflow

SOON = timedelta(seconds=10)


@workflow.defn
class Routed:
    @workflow.run
    async def run(self) -> str:
        if workflow.info().task_queue == "q":
            await workflow.execute_activity("echo2", "x", start_to_close_timeout=SOON)
        return await workflow.execute_activity("echo", "x", start_to_close_timeout=SOON)


@workflow.defn
class RunIdAfter:
    """Was reset after the first Activity; the second knows the new run."""

    @workflow.signal
    def step(self) -> None: ...

    @workflow.run
    async def run(self) -> str:
        await workflow.execute_activity("echo", "x", start_to_close_timeout=SOON)
        await workflow.execute_activity(
            "echo",
            "x",
            activity_id="a-" + workflow.info().run_id,
            start_to_close_timeout=SOON,
        )
        return "x"


ALL = [Routed, RunIdAfter]
