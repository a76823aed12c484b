"""Workflows, good and bad."""

import os

from temporalio import workflow


@workflow.defn
class Continues:
    """Continues as new once."""

    @workflow.run
    async def run(self, again: bool) -> None:
        """Give a Command that nothing is waited for."""
        workflow.upsert_memo({"done": True})
        if again:
            workflow.continue_as_new(False)


@workflow.defn
class Forgets:
    """Gives another Command when it is replayed."""

    @workflow.run
    async def run(self) -> None:
        """Give a Command, once."""
        if not workflow.unsafe.is_replaying():
            workflow.upsert_memo({"done": True})


@workflow.defn(sandboxed=False)
class Ends:
    """Ends the process in which it is replayed."""

    @workflow.run
    async def run(self) -> None:
        """Give a Command, once."""
        if workflow.unsafe.is_replaying():
            os._exit(3)
        workflow.upsert_memo({"done": True})


WORKFLOWS = [Continues, Forgets, Ends]
