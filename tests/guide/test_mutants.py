"""The chapter 'Non-deterministic code changes': every change, replayed on every recording."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import UnsandboxedWorkflowRunner

from backgroundcheck import BackgroundCheck
from ssntraceactivity import ssn_trace_activity
from tests.support import before_sleep, mutants
from tests.support.executions import SSN, worker
from tests.support.matrix import GROUPS, ROWS, SCENARIOS, matrix_markdown, mutant_types
from tests.support.nondeterministic import DRAWN, Draws
from tests.support.outcomes import cells, outcomes
from tests.support.programs import ROOT
from tests.support.servers import start_time_skipping

# The sandbox would import all the mutants again for every replay: seven times slower.
UNSANDBOXED = UnsandboxedWorkflowRunner()
# Does the changed Workflow Definition sleep, by the first two draws?
SLEEPS: dict[str, Callable[[int, int], bool]] = {
    "ThresholdChanged": lambda first, second: first < 99,
    "ThresholdOneUp": lambda first, second: first < 51,
    "ThresholdOneDown": lambda first, second: first < 49,
    "ExtraDraw": lambda first, second: second < 50,
}
OLD_RECORDINGS = 60


@functools.cache
def recordings() -> list[WorkflowHistory]:
    """Load the recordings, each under its file's name."""
    files = sorted((ROOT / "histories").glob("*.json"))
    return [WorkflowHistory.from_json(file.name, file.read_text()) for file in files]


def scenario(file_name: str) -> str:
    return file_name.split(".")[0]


async def first_draws(histories: list[WorkflowHistory]) -> dict[str, tuple[int, int]]:
    """Tell the first two numbers that each history draws."""
    DRAWN.clear()
    await outcomes(Draws, histories, workflow_runner=UNSANDBOXED)
    return dict(DRAWN)


@pytest.fixture(scope="module")
async def draws() -> dict[str, tuple[int, int]]:
    return await first_draws(recordings())


@pytest.fixture(scope="module")
async def skipping_client() -> AsyncIterator[Client]:
    """A time-skipping server for all recordings made here, one Execution after another."""
    async with await start_time_skipping() as environment:
        yield environment.client


async def run(client: Client, definition: type, ids: list[str]) -> list[WorkflowHistory]:
    """Run an Execution of the Workflow Definition for each Workflow Id, one after another."""
    activities = [ssn_trace_activity, mutants.criminal_record_activity]
    async with worker(client, ids[0], workflows=[definition], activities=activities):
        for workflow_id in ids:
            await client.execute_workflow("BackgroundCheck", SSN, id=workflow_id, task_queue=ids[0])
    handles = [client.get_workflow_handle(workflow_id) for workflow_id in ids]
    return await asyncio.gather(*(handle.fetch_history() for handle in handles))


@pytest.fixture(scope="module")
async def old_recordings(skipping_client: Client) -> list[WorkflowHistory]:
    """Event Histories made before the sleep was added."""
    ids = [f"before-sleep-{number}" for number in range(OLD_RECORDINGS)]
    return await run(skipping_client, before_sleep.BackgroundCheck, ids)


def test_every_recording_has_its_column() -> None:
    """The matrix has a column for each scenario that is recorded, and no other."""
    assert sorted({scenario(history.workflow_id) for history in recordings()}) == sorted(SCENARIOS)


def test_every_mutant_has_its_row() -> None:
    """The matrix has a row for each changed Workflow Definition, and no other."""
    assert sorted(mutant_types()) == sorted(ROWS)


@pytest.mark.parametrize("name", ROWS)
async def test_a_change_is_noticed_where_the_matrix_says(
    name: str, draws: dict[str, tuple[int, int]]
) -> None:
    """Replay notices a change in the recordings that the matrix names, and in no other.

    A breaking change is noticed in at least one, a safe or invisible one in none.
    Claims: 9, 11, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53
    """
    row = ROWS[name]
    expected = {}
    for history in recordings():
        file_name = history.workflow_id
        cell = row.cells[scenario(file_name)]
        if cell == "?":
            first, second = draws[file_name]
            cell = ".N"[SLEEPS[name](first, second) != (first < 50)]
        expected[file_name] = cell
    found = await cells(mutant_types()[name], recordings(), workflow_runner=UNSANDBOXED)
    assert found == expected
    assert (row.kind == "breaking") == (set(found.values()) != {"."})


def test_the_markdown_holds_every_row() -> None:
    """The README's table has a line for each change, with its verdict."""
    lines = matrix_markdown().splitlines()[2:]
    for line, (name, row) in zip(lines, ROWS.items(), strict=True):
        assert line.startswith(f"| `{name}`: ")
        assert f" | {row.kind} | " in line


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_the_scenarios_of_a_group_notice_the_same(group: list[str]) -> None:
    """A change is noticed in all scenarios of a group or in none, unless the draw decides."""
    for row in ROWS.values():
        marks = {row.cells[scenario] for scenario in group}
        assert len(marks) == 1 or "?" in marks


async def test_two_activities_keep_their_order(skipping_client: Client, fresh_id: str) -> None:
    """An Execution of two Activities does not replay with the two in the other order.

    Claims: 46
    """
    histories = await run(skipping_client, mutants.ActivityAdded, [fresh_id])
    assert await cells(mutants.ActivityAdded, histories, workflow_runner=UNSANDBOXED) == {
        fresh_id: "."
    }
    assert await cells(mutants.ActivitiesReordered, histories, workflow_runner=UNSANDBOXED) == {
        fresh_id: "N"
    }


async def test_the_added_sleep_breaks_some_old_recordings(
    old_recordings: list[WorkflowHistory],
) -> None:
    """Of the recordings made before the sleep was added, those that draw below 50 don't replay.

    The others do: a replay test with one recording may pass by luck, as the guide's own does.
    Claims: 9, 39
    """
    draws = await first_draws(old_recordings)
    expected = {name: ".N"[first < 50] for name, (first, _) in draws.items()}
    assert set(expected.values()) == {".", "N"}
    assert await cells(BackgroundCheck, old_recordings) == expected


async def test_new_recordings_hide_the_break(
    skipping_client: Client, fresh_id: str, old_recordings: list[WorkflowHistory]
) -> None:
    """Recordings made after the sleep was added all replay; the old ones are as broken as before.

    Claims: 40
    """
    new = await run(
        skipping_client, BackgroundCheck, [f"{fresh_id}-{number}" for number in range(20)]
    )
    assert set((await cells(BackgroundCheck, new)).values()) == {"."}
    assert "N" in (await cells(BackgroundCheck, old_recordings)).values()


async def test_removing_the_sleep_again_suits_old_recordings(
    old_recordings: list[WorkflowHistory],
) -> None:
    """With the sleep removed again, every recording made before it was added replays.

    Claims: 43
    """
    found = await cells(mutants.SleepRemoved, old_recordings, workflow_runner=UNSANDBOXED)
    assert set(found.values()) == {"."}
    assert len(found) == OLD_RECORDINGS
