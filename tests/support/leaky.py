"""Definitions that give an SSN away wherever they can, and one that leaves time for new keys."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, ApplicationError


@activity.defn(name="ssn_trace_activity")
async def leaky_activity(ssn: str) -> str:
    """Fails with the SSN in its message, its details, and its cause."""
    try:
        raise ValueError(f"cause {ssn}")
    except ValueError as error:
        raise ApplicationError(f"activity {ssn}", ssn, non_retryable=True) from error


@workflow.defn(name="BackgroundCheck")
class Leaky:
    """Fails with the SSN in its memo, in its message, its details, and its cause."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        workflow.upsert_memo({"upserted": ssn})
        try:
            return await workflow.execute_activity(
                leaky_activity, ssn, start_to_close_timeout=timedelta(seconds=5)
            )
        except ActivityError as error:
            raise ApplicationError(f"workflow {ssn}", ssn) from error


@workflow.defn(name="BackgroundCheck")
class Stumbling:
    """Fails at each Workflow Task, with the SSN in the message."""

    @workflow.run
    async def run(self, ssn: str) -> None:
        raise ValueError(f"task {ssn}")


@workflow.defn
class Napping:
    """Sleeps for a second, then runs the Activity."""

    @workflow.run
    async def run(self, ssn: str) -> str:
        await asyncio.sleep(1)
        return await workflow.execute_activity(
            leaky_activity, ssn, start_to_close_timeout=timedelta(seconds=5)
        )
