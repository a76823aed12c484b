"""One attempt at a part: its limits, its pace, and what it leaves behind."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from replaygate.shadow import histories
from replaygate.shadow.attempt import Attempt, Held
from replaygate.shadow.histories import Executions
from replaygate.shadow.request import HASHES, Part, Request, Slice, begun
from replaygate.shadow.slot import Slot
from replaygate.shadow.tally import Tally
from replaygate.targets.target import Target
from replaygate.verdict import Outcome
from tests.gate.shadow.conftest import MANY
from tests.recordings.scenarios import HISTORIES
from tests.support.programs import PATIENCE
from tests.support.shadows import TARGETS, Field

TIMER = HISTORIES / "timer.python-1.35.0.json"
APPLICATION = Target("worker:WORKFLOWS", "", ".")


@pytest.fixture
def slots() -> Iterator[list[Slot]]:
    """The places of a Worker, which the test adds."""
    added: list[Slot] = []
    yield added
    for slot in added:
        slot.abandon()


def attempt(slot: Slot, folder: Path, limit: int, details: list[Any], **more: Any) -> Attempt:
    """Return an attempt at all files in a folder, inside an Activity."""
    free: asyncio.Queue[Slot] = asyncio.Queue()
    free.put_nowait(slot)
    nobody: Any = None
    held = Held(nobody, nobody, "", [], free)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_details=details)
    part = Part(Slice(0, HASHES), limit=limit)
    made: Attempt = environment.run(Attempt, held, Request(paths=[str(folder)], **more), part)
    return made


def written(folder: Path, files: int, each: int) -> Path:
    """Write files that hold several histories each."""
    whole = f"[{','.join([TIMER.read_text()] * each)}]"
    for number in range(files):
        (folder / f"{number}.json").write_text(whole)
    return folder


async def test_a_limit_of_files(tmp_path: Path, slots: list[Slot]) -> None:
    """What is in one file may pass the limit, and nothing behind it."""
    slots.append(Slot(APPLICATION, ()))
    one = attempt(slots[0], written(tmp_path, 4, each=2), 3, [])
    await one.replay()
    assert one.progress.tally.size == 4


async def test_an_attempt_behind_the_limit(tmp_path: Path, slots: list[Slot]) -> None:
    """An attempt that takes over behind the limit has nothing left to do."""
    before = Tally()
    before.count("BackgroundCheck", Outcome.REPLAYS, 4)
    slots.append(Slot(APPLICATION, ()))
    one = attempt(slots[0], written(tmp_path, 4, each=2), 3, ["1", asdict(before)])
    await one.replay()
    assert one.progress.tally.size == 4


async def test_files_of_code_that_hangs(tmp_path: Path, slots: list[Slot]) -> None:
    """Where an attempt is cancelled, the process ends that replays its files, whatever it does."""
    shutil.copy(TARGETS / "hanging.py", tmp_path)
    (given := tmp_path / "given").mkdir()
    text = TIMER.read_text().replace("BackgroundCheck", "Order")
    for number in range(40):
        (given / f"{number}.json").write_text(text)
    slots.append(Slot(Target("hanging:WORKFLOWS", "", str(tmp_path)), ()))
    running = asyncio.create_task(attempt(slots[0], given, 0, [], timeout=300.0).replay())
    await asyncio.sleep(2)
    (serving,) = (each for each in threading.enumerate() if "(serve)" in each.name)
    running.cancel()
    await asyncio.wait({running})
    await asyncio.to_thread(serving.join, PATIENCE)
    assert not serving.is_alive()


async def test_the_pace_of_listing(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page of a list is a request, which waits for its turn."""
    monkeypatch.setattr(histories, "PAGE", MANY // 4)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        turns += 1

    request = Request(filter='WorkflowType="Order"')
    found = Executions(field.client, request, {}, turn)
    (whole,) = begun(request, 4e9).waiting
    assert len(await found.listed(whole.start, whole.end)) == MANY
    assert 4 <= turns <= 5
