"""Versioning by `workflow.patched`: which stage of the code replays the recordings of which."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client, WorkflowHistory

from backgroundcheck import BackgroundCheck
from connection import runtime
from tests.recordings.draw import draw
from tests.support import before_sleep
from tests.support.executions import SSN, types, worker
from tests.support.outcomes import cells
from tests.support.servers import start_time_skipping
from tests.support.versions import Deprecated, Patched, rows

TRIES = 40  # none draws below 50 once in 2**40 times
STAGES: dict[str, type] = {
    "initial": before_sleep.BackgroundCheck,
    "patched": Patched,
    "deprecated": Deprecated,
    "removed": BackgroundCheck,
}
MARKED = {"patched", "deprecated"}


@pytest.fixture(scope="module")
async def recordings() -> AsyncIterator[list[WorkflowHistory]]:
    """One history from each stage, of an Execution that draws below 50: the sleep is for those."""
    async with await start_time_skipping() as environment:
        yield [await recording(environment.client, stage) for stage in STAGES]


async def recording(client: Client, stage: str) -> WorkflowHistory:
    """Run one Execution after another until one draws below 50, and name its history ``stage``."""
    async with worker(client, stage, workflows=[STAGES[stage]]):
        for attempt in range(TRIES):
            workflow_id = f"{stage}-{attempt}"
            await client.execute_workflow("BackgroundCheck", SSN, id=workflow_id, task_queue=stage)
            history = await client.get_workflow_handle(workflow_id).fetch_history()
            if await draw(history.run_id, runtime()) < 50:
                return WorkflowHistory(stage, history.events)
    raise AssertionError(f"none of {TRIES} Executions draws below 50")


def test_the_table_has_every_stage() -> None:
    """The table says what comes of each stage's code with each stage's recording."""
    assert {code: list(row) for code, row in rows().items()} == {
        stage: list(STAGES) for stage in STAGES
    }


def test_each_recording_is_of_its_stage(recordings: list[WorkflowHistory]) -> None:
    """Only the initial stage does not sleep; only the two stages of the patch leave a Marker."""
    found = {history.workflow_id: types(history) for history in recordings}
    assert {stage for stage in found if "TimerFired" in found[stage]} == {*STAGES} - {"initial"}
    assert {stage for stage in found if "MarkerRecorded" in found[stage]} == MARKED


@pytest.mark.parametrize("code", STAGES)
async def test_a_stage_replays_what_the_table_says(
    code: str, recordings: list[WorkflowHistory]
) -> None:
    """A stage of the code replays the recordings of the stages that its row says, and no other."""
    assert await cells(STAGES[code], recordings) == rows()[code]
