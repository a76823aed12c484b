"""Their tests of something else, with a history that they have from a file."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from replaygate.pytest_plugin import Replay


def history() -> WorkflowHistory:
    file = Path("histories", "timer.json")
    return WorkflowHistory.from_json("", file.read_text(encoding="utf-8"))


@pytest.mark.asyncio
async def test_the_loop_goes_on(replay: Replay) -> None:
    replaying = asyncio.create_task(replay(history()))
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert not replaying.done()
    replaying.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([replaying])
    assert replaying.cancelled()


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["a/b", "../../x", "é" * 300, "."])
async def test_afterwards(replay: Replay, name: str) -> None:
    await replay(history())
