"""Where a shadow's histories are: what it can count, list and fetch, slice by slice."""

import asyncio
import math
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from temporalio.client import Client, WorkflowExecution

from replaygate.inputs.query import Turn, fetch_one
from replaygate.inputs.sources import Source, find
from replaygate.shadow.request import HASHES, Request
from replaygate.verdict import Verdict

PAGE = 1_000  # Executions in one answer; the Service gives no more


class Histories(Protocol):
    """What the Activity goes through."""

    given: dict[str, float]  # the share of a Workflow type where it is larger than the sample

    def kind(self, item: Any) -> str:
        """Return the Workflow type, if it is known before the history is read."""

    async def count(self, start: int, end: int) -> int:
        """Return how many lie in a slice."""

    async def listed(self, start: int, end: int) -> Sequence[tuple[str, Any]]:
        """Return those in a slice that the sample takes, with keys that say their order."""

    async def fetch(self, item: Any) -> Source | Verdict:
        """Return a history, or the verdict on one that is gone."""

    async def shares(self, types: Sequence[str], end: int) -> dict[str, float]:
        """Return the share of each Workflow type that needs a larger one than the others."""


class Executions:
    """Executions of a Temporal Service, by their StartTime, which alone never changes."""

    def __init__(
        self, client: Client, request: Request, shares: dict[str, float], turn: Turn
    ) -> None:
        self.client, self.request, self.turn = client, request, turn
        self.given = shares

    def kind(self, item: WorkflowExecution) -> str:
        """Return the Workflow type."""
        return item.workflow_type

    async def count(self, start: int, end: int) -> int:
        """Return how many were started in that time."""
        await self.turn()
        return (await self.client.count_workflows(self.within(start, end))).count

    async def listed(self, start: int, end: int) -> Sequence[tuple[str, WorkflowExecution]]:
        """List those that were started in that time, by run id; they are listed at random."""
        pages = self.client.list_workflows(self.within(start, end), page_size=PAGE)
        taken: dict[str, WorkflowExecution] = {}
        while pages.current_page is None or pages.next_page_token:
            await self.turn()
            await pages.fetch_next_page()
            found = pages.current_page or []
            taken.update((each.run_id, each) for each in found if self.takes(each))
        return sorted(taken.items())

    async def fetch(self, item: WorkflowExecution) -> Source | Verdict:
        """Fetch a history."""
        return await fetch_one(self.client, item, self.turn)

    async def shares(self, types: Sequence[str], end: int) -> dict[str, float]:
        """Count each type, and say which share gives as many as each must have.

        A sample by hash may be smaller by chance: this x is so large that x - 4 * sqrt(x) is what
        is wanted, four standard deviations below.
        """
        wanted, found = self.request.at_least, {}
        for name in types if wanted and self.request.sample < 1 else ():
            quoted = name.replace('"', '\\"')
            await self.turn()
            query = f'{self.within(0, end)} AND WorkflowType = "{quoted}"'
            total = (await self.client.count_workflows(query)).count
            share = min(1.0, (2 + math.sqrt(4 + wanted)) ** 2 / total) if total else 0.0
            if share > self.request.sample:
                found[name] = share
        return found

    def takes(self, found: WorkflowExecution) -> bool:
        """Say whether an Execution belongs to the sample: the same ones each time."""
        share = self.given.get(found.workflow_type, self.request.sample)
        return hashed(found.run_id) < share * HASHES

    def within(self, start: int, end: int) -> str:
        """Return the List Filter of a slice."""
        chosen = f"({self.request.filter}) AND " if self.request.filter.strip() else ""
        return f'{chosen}StartTime >= "{moment(start)}" AND StartTime < "{moment(end)}"'


class Files:
    """Files and folders that all Workers see at the same place, by the hash of their names."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.given: dict[str, float] = {}
        self.hashed: list[tuple[int, Source]] | None = None

    def kind(self, item: Source) -> str:
        """Return nothing."""
        return ""

    async def found(self) -> list[tuple[int, Source]]:
        """Return all files, each with its hash; the disk may be slow, and heartbeats must go on."""
        if self.hashed is None:
            self.hashed = await asyncio.to_thread(self.look)
        return self.hashed

    def look(self) -> list[tuple[int, Source]]:
        """Look for them."""
        sources, _ = find(self.request.paths, self.request.exclude)
        hashes = ((hashed(source.name), source) for source in sources)
        return [(place, source) for place, source in hashes if place < self.request.sample * HASHES]

    async def count(self, start: int, end: int) -> int:
        """Return how many have such a hash."""
        return sum(start <= place < end for place, _ in await self.found())

    async def listed(self, start: int, end: int) -> Sequence[tuple[str, Source]]:
        """List them by their names."""
        return sorted(
            ((source.name, source) for place, source in await self.found() if start <= place < end),
            key=lambda item: item[0],
        )

    async def fetch(self, item: Source) -> Source:
        """Return the file, which is read where it is replayed."""
        return item

    async def shares(self, types: Sequence[str], end: int) -> dict[str, float]:
        """Return none: which types files hold is known when they are read."""
        return {}


def hashed(text: str) -> int:
    """Return a place among all hashes that a text always has."""
    return zlib.crc32(text.encode(errors="surrogateescape"))


def moment(microseconds: int) -> str:
    """Return a time as a List Filter wants it."""
    seconds, rest = divmod(microseconds, 1_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:06}Z"
