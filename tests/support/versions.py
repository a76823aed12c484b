"""The two stages of `workflow.patched` between `BackgroundCheck` without its sleep and with it.

The stage before them is `before_sleep.py`, the one after them `backgroundcheck.py`.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from ssntraceactivity import ssn_trace_activity

PATCH = "sleep-added"
# Rows: the code. Columns: what made the recording. N: a NondeterminismError. A dot: it replays.
# What stands below the diagonal is rolled forward, what stands above it is rolled back.
TABLE = """
             initial  patched  deprecated  removed
initial         .        N         N          N
patched         .        .         .          N
deprecated      N        .         .          .
removed         N        N         .          .
"""


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


def rows() -> dict[str, dict[str, str]]:
    """Read the table: what comes of each stage's recording, by the stage of the code."""
    recorded, *lines = (line.split() for line in TABLE.split("\n") if line)
    return {code: dict(zip(recorded, marks, strict=True)) for code, *marks in lines}
