"""Changes to `BackgroundCheck`, each a Workflow Definition that differs from it in one thing.

`test_mutants.py` replays every recording with each; `matrix.py` says what must come out.
"""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from ssntraceactivity import ssn_trace_activity

FIVE_SECONDS = timedelta(seconds=5)


@activity.defn
async def criminal_record_activity(ssn: str) -> str:
    """Search for a criminal record: an Activity that `BackgroundCheck` does not have."""
    return "pass"


async def sleep(below: int = 50, seconds: float = 60) -> None:
    """Sleep if the draw is small enough, as `BackgroundCheck` does."""
    if workflow.random().randint(1, 100) < below:
        workflow.logger.info("Sleeping for %g seconds", seconds)
        await asyncio.sleep(seconds)


async def trace(ssn: str) -> str:
    """Execute the Activity, as `BackgroundCheck` does."""
    return await workflow.execute_activity(
        ssn_trace_activity, ssn, schedule_to_close_timeout=FIVE_SECONDS
    )


async def criminal_record(ssn: str) -> str:
    """Execute the Activity that `BackgroundCheck` does not have."""
    return await workflow.execute_activity(
        criminal_record_activity, ssn, schedule_to_close_timeout=FIVE_SECONDS
    )


@workflow.defn(name="BackgroundCheck")
class SleepRemoved:
    """never sleeps"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class SleepAlways:
    """sleeps whatever the draw"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep(below=101)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class SleepAndActivitySwapped:
    """sleeps after the Activity, not before it"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        result = await trace(ssn)
        await sleep()
        return result


@workflow.defn(name="BackgroundCheck")
class SleepAndActivityTogether:
    """starts the Timer and the Activity at the same time"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        _, result = await asyncio.gather(sleep(), trace(ssn))
        return result


@workflow.defn(name="BackgroundCheck")
class TimerAdded:
    """sleeps once more, after the Activity"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        result = await trace(ssn)
        await asyncio.sleep(1)
        return result


@workflow.defn(name="BackgroundCheck")
class WaitsWithTimeout:
    """wraps the Activity in `asyncio.wait_for`, whose time-out is a Timer"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await asyncio.wait_for(trace(ssn), 10)


@workflow.defn(name="BackgroundCheck")
class ActivityAdded:
    """executes another Activity after the first"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        result = await trace(ssn)
        await criminal_record(ssn)
        return result


@workflow.defn(name="BackgroundCheck")
class ActivitiesReordered:
    """executes another Activity before the first"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        await criminal_record(ssn)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class ActivityTwice:
    """executes the Activity a second time"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        await trace(ssn)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class ActivityRemoved:
    """executes no Activity"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return "pass"


@workflow.defn(name="BackgroundCheck")
class ActivityTypeSwitched:
    """executes an Activity of another type"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await criminal_record(ssn)


@workflow.defn(name="BackgroundCheck")
class LocalActivityInstead:
    """executes the Activity as a Local Activity"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await workflow.execute_local_activity(
            ssn_trace_activity, ssn, schedule_to_close_timeout=FIVE_SECONDS
        )


@workflow.defn(name="BackgroundCheck")
class FailsAtTheEnd:
    """fails the Workflow Execution where it returned a result"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        await trace(ssn)
        raise ApplicationError("no such person")


@workflow.defn(name="BackgroundCheck")
class RaisesAtTheEnd:
    """raises an exception that fails the Workflow Task, where it returned a result"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        await trace(ssn)
        raise ValueError("no such person")


@workflow.defn(name="BackgroundCheck")
class InputTypeInt:
    """declares its input an `int`"""

    @workflow.run
    async def run(self, ssn: int) -> str:
        await sleep()
        return await trace(str(ssn))


@workflow.defn(name="BackgroundCheck")
class ThresholdChanged:
    """sleeps if it draws less than 99, not 50"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep(below=99)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class ThresholdOneUp:
    """sleeps if it draws 50, too"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep(below=51)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class ThresholdOneDown:
    """does not sleep if it draws 49"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep(below=49)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class ExtraDraw:
    """draws a number for another purpose first"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        workflow.random().randint(1, 100)
        await sleep()
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class LogLineAdded:
    """logs one line more"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        workflow.logger.info("Started")
        await sleep()
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class SleepByWorkflow:
    """sleeps by `workflow.sleep`, not `asyncio.sleep`"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        if workflow.random().randint(1, 100) < 50:
            await workflow.sleep(60)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class QueryAdded:
    """answers a Query"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await trace(ssn)

    @workflow.query
    def status(self) -> str:
        return "running"


@workflow.defn(name="BackgroundCheck")
class ActivityOptionsChanged:
    """gives the Activity other time-outs and retries"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await workflow.execute_activity(
            ssn_trace_activity,
            ssn,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


@workflow.defn(name="BackgroundCheck")
class ActivityBodyChanged:
    """executes an Activity of the same type that does something else inside"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await workflow.execute_activity(
            rewritten, ssn, schedule_to_close_timeout=FIVE_SECONDS
        )


@activity.defn(name="ssn_trace_activity")
async def rewritten(ssn: str) -> str:
    """Have another inside than the Activity of this type."""
    return "fail"


@workflow.defn(name="BackgroundCheck")
class TimerLengthChanged:
    """sleeps ten days, not a minute"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep(seconds=864_000)
        return await trace(ssn)


@workflow.defn(name="BackgroundCheck")
class ActivityArgumentsChanged:
    """gives the Activity another argument"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return await trace("unknown")


@workflow.defn(name="BackgroundCheck")
class ResultChanged:
    """returns another result"""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await sleep()
        return (await trace(ssn)).upper()
