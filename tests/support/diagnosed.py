"""Changed Workflow Definitions that `test_diagnosis.py` has diagnosed."""

import asyncio
import random
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from ssntraceactivity import ssn_trace_activity

FIVE_SECONDS = timedelta(seconds=5)


async def trace(ssn: str) -> str:
    """Execute the Activity, as `BackgroundCheck` does."""
    return await workflow.execute_activity(
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


@workflow.defn(name="Sleeper", sandboxed=False)
class WaitsForASignal:
    """Gives its Timer up where a Signal comes, and goes on."""

    def __init__(self) -> None:
        self.told = False

    @workflow.signal
    def tell(self) -> None:
        self.told = True

    @workflow.run
    async def run(self, naps: int) -> None:
        await workflow.wait_condition(lambda: self.told, timeout=FIVE_SECONDS)
        await trace("000-00-0000")


class Lost(BaseException):
    """What the SDK does not catch."""


@workflow.defn(name="BackgroundCheck", sandboxed=False)
class RaisesNoException:
    """Raises in a task what is no Exception."""

    @workflow.run
    async def run(self, ssn: str) -> None:
        await asyncio.gather(self.fail(ssn))

    async def fail(self, ssn: str) -> None:
        raise Lost(ssn)


@workflow.defn(name="patches", sandboxed=False)
class PatchGone:
    """Asks for no patch any more."""

    @workflow.run
    async def run(self) -> None:
        await trace("000-00-0000")
