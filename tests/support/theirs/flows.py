"""Workflows, good and bad."""

import asyncio
import os

from temporalio import workflow


@workflow.defn
class Continues:
    """Continues as new once."""

    @workflow.run
    async def run(self, again: bool) -> None:
        """Wait a moment."""
        await asyncio.sleep(0.01)
        if again:
            workflow.continue_as_new(False)


@workflow.defn
class Forgets:
    """Gives another Command when it is replayed."""

    @workflow.run
    async def run(self) -> None:
        """Wait a moment, once."""
        if not workflow.unsafe.is_replaying():
            await asyncio.sleep(0.01)


@workflow.defn(sandboxed=False)
class Ends:
    """Ends the process in which it is replayed."""

    @workflow.run
    async def run(self) -> None:
        """Wait a moment, once."""
        if workflow.unsafe.is_replaying():
            os._exit(3)
        await asyncio.sleep(0.01)


WORKFLOWS = [Continues, Forgets, Ends]
