"""Changed Workflow Definitions that `test_diagnosis.py` has diagnosed, each with what it came from.

Those named ``...Before`` are recorded first; those after them replay what they left.
"""

import asyncio
import random
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from ssntraceactivity import ssn_trace_activity

FIVE_SECONDS = timedelta(seconds=5)


async def trace(ssn: str) -> str:
    """Execute the Activity, as `BackgroundCheck` does."""
    return await workflow.execute_activity(
        ssn_trace_activity, ssn, schedule_to_close_timeout=FIVE_SECONDS
    )


async def trace_locally(ssn: str) -> str:
    """Execute the Activity as a Local Activity."""
    return await workflow.execute_local_activity(
        ssn_trace_activity, ssn, schedule_to_close_timeout=FIVE_SECONDS
    )


async def rest() -> None:
    """Sleep, one call deeper than the Workflow itself."""
    await asyncio.sleep(60)


@workflow.defn(name="BackgroundCheck")
class SleepsInHelper:
    """Sleeps whatever the draw, in a function that it calls."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await rest()
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class WaitsForever:
    """Waits for what nobody sends."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await workflow.wait_condition(lambda: False)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class DrawsOutside:
    """Draws from Python's own random numbers, which the sandbox refuses."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        if random.randint(1, 100) < 50:
            await asyncio.sleep(60)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class EndsAtOnce:
    """Starts its Timer, and ends without waiting for it."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        timer = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        return f"{timer.done()}"


@workflow.defn(name="Patched")
class PatchedBefore:
    """Has a patch, then an Activity."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        if workflow.patched("sleep-added"):
            await asyncio.sleep(0.1)
        return await trace(ssn)


@workflow.defn(name="Patched")
class PatchedThenSleeps:
    """Has the same patch, and sleeps where the Activity was."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        if workflow.patched("sleep-added"):
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        return await trace(ssn)


@workflow.defn(name="Parent")
class ParentBefore:
    """Executes a Child Workflow."""

    @workflow.run
    async def run(self, ssn: str) -> Any:
        return await workflow.execute_child_workflow("Child", ssn)


@workflow.defn(name="Parent")
class ParentOfAnother:
    """Executes a Child Workflow of another type."""

    @workflow.run
    async def run(self, ssn: str) -> Any:
        return await workflow.execute_child_workflow("OtherChild", ssn)


@workflow.defn(name="Parent")
class ParentOfNone:
    """Executes an Activity in place of the Child Workflow."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        return await trace(ssn)


@workflow.defn
class Child:
    """Does what a Child Workflow does."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        return "pass"


@workflow.defn(name="Signaller")
class SignallerBefore:
    """Signals another Workflow Execution, which is not there."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        try:
            await workflow.get_external_workflow_handle("nobody").signal("checked", ssn)
        except ApplicationError:
            return "nobody"
        return "pass"


@workflow.defn(name="Signaller")
class SignallerSilent:
    """Executes an Activity in place of the Signal."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        return await trace(ssn)


@workflow.defn(name="Local")
class LocalBefore:
    """Executes the Activity as a Local Activity, then as a usual one."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await trace_locally(ssn)
        return await trace(ssn)


@workflow.defn(name="Local")
class LocalThenAnother:
    """Executes the same Local Activity, then an Activity of another type."""

    @workflow.run
    async def run(self, ssn: str) -> Any:
        await trace_locally(ssn)
        return await workflow.execute_activity(
            "other_activity", ssn, schedule_to_close_timeout=FIVE_SECONDS
        )


@workflow.defn(name="Again")
class AgainBefore:
    """Continues as new, once."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        if workflow.info().continued_run_id is None:
            workflow.continue_as_new(ssn)
        return "pass"


@workflow.defn(name="Again")
class AgainNever:
    """Ends where it continued as new."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        return "pass"
