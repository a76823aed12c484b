"""The two stages of `workflow.patched` between `BackgroundCheck` without its sleep and with it.

The stage before them is `before_sleep.py`, the one after them `backgroundcheck.py`.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from ssntraceactivity import ssn_trace_activity

PATCH = "sleep-added"


@workflow.defn(name="BackgroundCheck")
class Patched:
    """Sleeps, unless it replays an Execution from before the sleep was added."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        if workflow.patched(PATCH) and workflow.random().randint(1, 100) < 50:
            await asyncio.sleep(60)
        return await workflow.execute_activity(
            ssn_trace_activity, ssn, schedule_to_close_timeout=timedelta(seconds=5)
        )


@workflow.defn(name="BackgroundCheck")
class Deprecated:
    """Sleeps; for when no Execution from before the sleep is left."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        workflow.deprecate_patch(PATCH)
        if workflow.random().randint(1, 100) < 50:
            await asyncio.sleep(60)
        return await workflow.execute_activity(
            ssn_trace_activity, ssn, schedule_to_close_timeout=timedelta(seconds=5)
        )
