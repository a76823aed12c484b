"""Workflow Definitions that stand in for BackgroundCheck where a test can't wait for its dice."""

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from ssntraceactivity import ssn_trace_activity


@workflow.defn(name="BackgroundCheck")
class Awake:
    """The branch without the sleep."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        return await workflow.execute_activity(
            ssn_trace_activity, ssn, schedule_to_close_timeout=timedelta(seconds=5)
        )


@workflow.defn(name="BackgroundCheck")
class Asleep:
    """The branch with the sleep, as far as the sleep."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await asyncio.sleep(60)
        return "slept"


@workflow.defn
class Stranger:
    """A Workflow Definition of another type."""

    @workflow.run
    async def run(self) -> None:
        pass
