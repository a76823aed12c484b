"""What the SDK's Replayer says of many histories, in this process; the tests' own way to replay."""

from collections.abc import AsyncIterator, Collection
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from connection import runtime

CELLS = {type(None): ".", NondeterminismError: "N", RuntimeError: "R"}


async def outcomes(
    definition: type, histories: Collection[WorkflowHistory], **options: Any
) -> dict[str, Exception | None]:
    """Replay each history and return its failure, or None, by its Workflow Id.

    One iterator replays them all; ``options`` go to ``temporalio.worker.Replayer`` as they are.
    """

    async def each() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    replayer = Replayer(workflows=[definition], runtime=runtime(), **options)
    async with replayer.workflow_replay_iterator(each()) as results:
        return {result.history.workflow_id: result.replay_failure async for result in results}


async def cells(
    definition: type, histories: Collection[WorkflowHistory], **options: Any
) -> dict[str, str]:
    """Do the same and write each outcome as one character, by its exact type."""
    failures = await outcomes(definition, histories, **options)
    return {name: CELLS[type(failure)] for name, failure in failures.items()}
