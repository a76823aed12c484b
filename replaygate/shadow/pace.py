"""Keeps the requests of all slices together below a rate, however many Workers there are."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from temporalio.service import RPCError

LOOK = 1.0  # seconds between two looks at how many slices are being replayed


class Pace:
    """The turns of one slice: its share of the rate.

    A slice that was handed out may still wait for a Worker. Only those that run share the rate,
    and the Temporal Service knows how many these are.
    """

    def __init__(self, rate: float, beside: int, running: Callable[[], Awaitable[int]]) -> None:
        self.rate, self.share, self.running = rate, max(1, beside), running
        self.next = 0.0

    async def turn(self) -> None:
        """Wait until the next request may be made."""
        if not self.rate:
            return
        now = time.monotonic()
        wait = self.next - now
        self.next = max(self.next, now) + self.share / self.rate
        if wait > 0:
            await asyncio.sleep(wait)

    async def look(self) -> None:
        """Keep looking how many slices share the rate."""
        while self.rate:
            await asyncio.sleep(LOOK)  # those that begin together are not all seen at once
            with suppress(RPCError):
                self.share = max(1, await self.running())
