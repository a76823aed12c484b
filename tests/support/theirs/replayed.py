"""Their tests of Workflows, which replay what they have run."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHandle

from replaygate.pytest_plugin import Replay
from tests.support.theirs.fixtures import Run
from tests.support.theirs.flows import Continues, Ends, Forgets


async def test_chain(run: Run, replay: Replay) -> None:
    await replay(await run(Continues.run, True))


async def test_one_run(run: Run, replay: Replay) -> None:
    ran = await run(Continues.run, True)
    first = ran.first_execution_run_id
    await replay(WorkflowHandle(ran._client, ran.id, run_id=first))


async def test_history(
    run: Run, replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await replay(await (await run(Continues.run, False)).fetch_history())


async def test_forgets(run: Run, replay: Replay) -> None:
    await replay(await run(Forgets.run))


async def test_ends(run: Run, replay: Replay) -> None:
    await replay(await run(Ends.run))


async def test_after_that(run: Run, replay: Replay) -> None:
    handle = await run(Continues.run, False)
    await asyncio.gather(replay(handle), replay(handle))


async def test_not_begun(run: Run, replay: Replay) -> None:
    await replay(await run(Continues.run, False, served=False))
