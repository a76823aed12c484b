"""The pace: slices share the rate, as many as run."""

import asyncio
import time

from replaygate.shadow.pace import Pace

RATE, TURNS = 60, 20


async def test_slots_that_wait_have_no_share() -> None:
    """Three slices that run use the whole rate, though eight were handed out."""

    async def running() -> int:
        return 3

    async def slice_of_the_work() -> None:
        pace = Pace(RATE, 8, running)
        looking = asyncio.create_task(pace.look())
        await asyncio.sleep(0)
        for _ in range(TURNS):
            await pace.turn()
        looking.cancel()

    began = time.monotonic()
    await asyncio.gather(*(slice_of_the_work() for _ in range(3)))
    taken = time.monotonic() - began
    assert 0.9 * 3 * (TURNS - 1) / RATE < taken < 2 * 3 * TURNS / RATE


async def test_no_rate() -> None:
    """Without a rate nobody waits, and nobody looks."""

    async def never() -> int:
        raise AssertionError

    pace = Pace(0.0, 8, never)
    await pace.look()
    for _ in range(10_000):
        await pace.turn()
