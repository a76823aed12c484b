"""The pace: slices share the rate, as many as run."""

import asyncio
import time

import pytest

from replaygate.shadow import pace
from replaygate.shadow.pace import Pace

RATE, TURNS = 60, 20


async def test_slots_that_wait_have_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slices that run use the whole rate, though sixty were handed out."""
    monkeypatch.setattr(pace, "LOOK", 0.05)

    async def running() -> int:
        return 3

    async def slice_of_the_work() -> None:
        own = Pace(RATE, 60, running)
        looking = asyncio.create_task(own.look())
        for _ in range(TURNS):
            await own.turn()
        looking.cancel()

    began = time.monotonic()
    await asyncio.gather(*(slice_of_the_work() for _ in range(3)))
    taken = time.monotonic() - began
    assert 0.9 * 3 * (TURNS - 1) / RATE < taken < 60 * TURNS / RATE / 4


async def test_no_rate() -> None:
    """Without a rate nobody waits, and nobody looks."""

    async def never() -> int:
        raise AssertionError

    own = Pace(0.0, 8, never)
    await own.look()
    for _ in range(10_000):
        await own.turn()
