"""One attempt at a part of a shadow's work: it counts a slice, and cuts or replays it."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from temporalio import activity
from temporalio.client import Client

from replaygate.inputs.query import AT_ONCE
from replaygate.inputs.sources import Source
from replaygate.judging.pool import Unanswered
from replaygate.shadow import slicing
from replaygate.shadow.histories import Executions, Files, Histories
from replaygate.shadow.pace import Pace
from replaygate.shadow.polling import running, slots_of
from replaygate.shadow.progress import LEFT_OUT, Progress
from replaygate.shadow.request import Done, Part, Request
from replaygate.shadow.slot import Slot
from replaygate.verdict import Outcome, Verdict

AHEAD = 16  # histories that are fetched or replayed before their verdicts are taken; of files half
LARGEST = 10_000  # Executions in a slice, of which the sample takes few


@dataclass(frozen=True)
class Held:
    """What a Worker holds for all attempts."""

    theirs: Client  # of the Namespace whose histories are replayed
    own: Client  # of the shadow's
    queue: str  # the Task Queue
    types: Sequence[str]  # that the target registers
    free: "asyncio.Queue[Slot]"


class Attempt:
    """One attempt at a part."""

    def __init__(self, held: Held, request: Request, part: Part) -> None:
        self.held, self.request, self.part = held, request, part
        info = activity.info()
        self.pace = Pace(
            request.rps, part.beside, lambda: running(held.own, info.workflow_id or "")
        )
        self.histories: Histories = (
            Files(request)
            if request.paths
            else Executions(held.theirs, request, part.shares, self.pace.turn)
        )
        self.progress = Progress.resumed(info.heartbeat_details)

    async def done(self) -> Done:
        """Count, and cut or replay."""
        piece, held = self.part.slice, self.held
        slots = await slots_of(held.own, held.queue)
        shares = self.part.shares
        if self.part.first:
            shares = self.histories.given = await self.histories.shares(held.types, piece.end)
        size = self.size(shares)
        if piece.count < 0 or piece.count > slicing.FULL * size:
            counted = await self.histories.count(piece.start, piece.end)
            piece = replace(piece, count=counted)
        told = Done(slots=slots)
        if self.part.first:
            told = Done(slots=slots, total=piece.count, registered=[*held.types], shares=shares)
        number = slicing.parts(piece.count, size, slots)
        if number > 1 and (self.part.first or piece.count > slicing.FULL * size):
            slices = await slicing.cut(piece, number, slots, self.histories.count)
            if len(slices) > 1:
                return replace(told, slices=slices)
        await self.replay()
        return replace(told, tally=self.progress.tally)

    def size(self, shares: dict[str, float]) -> int:
        """Return how many Executions make a slice of which the sample takes the wanted number."""
        share = 1.0 if self.request.paths else max(self.request.sample, *shares.values(), 1e-9)
        return min(int(self.request.size / share), max(LARGEST, self.request.size))

    async def replay(self) -> None:
        """Replay what lies behind the cursor, in the order of the keys."""
        piece, progress = self.part.slice, self.progress
        items = await self.histories.listed(piece.start, piece.end)
        left = deque(item for item in items if item[0] > progress.cursor)
        while self.part.limit and len(left) > max(0, self.part.limit - progress.tally.size):
            left.pop()
        slot = await self.held.free.get()
        try:
            while left and not self.enough():
                slot.begin(self.request.strict, self.request.timeout)
                with contextlib.suppress(Unanswered):  # the slot begins anew
                    await self.go_through(left, slot)
        finally:
            if left:  # it may be at one of them
                slot.abandon()
            self.held.free.put_nowait(slot)

    async def go_through(self, left: deque[tuple[str, Any]], slot: Slot) -> None:
        """Take the verdicts on all; or as far as it goes before a type proves hopeless."""
        async with contextlib.aclosing(self.verdicts([*left], slot)) as found:
            async for key, verdicts in found:
                _, item = left.popleft()
                kind = self.histories.kind(item)
                hopeless = self.progress.take(key, verdicts, kind)
                if left and (hopeless or self.enough()):
                    slot.abandon()
                    return

    def enough(self) -> bool:
        """Say whether what was found ends the part: it has reached a limit."""
        tally, limit, wanted = self.progress.tally, self.part.limit, self.request.stop_after
        return 0 < limit <= tally.size or 0 < wanted <= tally.incompatible

    async def verdicts(
        self, items: Sequence[tuple[str, Any]], slot: Slot
    ) -> AsyncGenerator[tuple[str, Sequence[Verdict]], None]:
        """Yield the verdicts on each item."""
        fetching: deque[tuple[str, asyncio.Task[Source | Verdict]]] = deque()
        replaying: deque[tuple[str, Source | Verdict]] = deque()
        coming = iter(items)
        # Behind each file an END is sent, and `judge` must stay ready to hear that it is abandoned.
        ahead = AHEAD // 2 if self.request.paths else AHEAD
        try:
            while True:
                while len(fetching) < AT_ONCE and (item := next(coming, None)):
                    fetching.append((item[0], asyncio.create_task(self.fetched(*item))))
                if fetching and len(replaying) < ahead:
                    got = await fetching[0][1]
                    replaying.append((fetching.popleft()[0], got))
                    if isinstance(got, Source):
                        slot.send(got)
                elif replaying:
                    key, got = replaying.popleft()
                    if isinstance(got, Verdict):
                        yield key, [got]
                    else:
                        yield key, await slot.receive(got)
                else:
                    return
        finally:
            for _, task in fetching:
                task.cancel()

    async def fetched(self, key: str, item: Any) -> Source | Verdict:
        """Fetch a history, if its replay has a chance to end."""
        if self.progress.hopeless(self.histories.kind(item)):
            return Verdict(key, Outcome.UNVERIFIED, LEFT_OUT)
        return await self.histories.fetch(item)
