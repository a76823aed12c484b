"""Waits for the verdict of a shadow, shows how far it is, and says so if nobody works on it."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable

from temporalio.client import Client, WorkflowFailureError, WorkflowQueryFailedError
from temporalio.exceptions import CancelledError, TerminatedError, TimeoutError
from temporalio.service import RPCError

from replaygate.mistake import Mistake
from replaygate.service import said
from replaygate.shadow.clients import REFUSED
from replaygate.shadow.polling import Watch
from replaygate.shadow.request import PROGRESS, Account, name_of
from replaygate.shadow.starting import Handle
from replaygate.shadow.tally import Tally

LOOK = 1.0  # seconds between two looks
SOON = 3.0  # seconds after which it is said that nobody polls
TRIES = 3  # of a Workflow Task; a Worker that is killed costs one

Show = Callable[[int, int], None]  # how many are replayed, of how many


async def followed(
    client: Client, build: str, handle: Handle, patience: float, show: Show | None
) -> Account:
    """Wait for the end of a shadow, also while its Service is away.

    Raises:
        Mistake: Nothing works on it for ``patience`` seconds, or it has no verdict.
        RPCError: The Temporal Service refuses.
    """
    queue = name_of(build)
    watch = Watch(client, queue)
    result = asyncio.create_task(handle.result())
    since, warned = time.monotonic(), False
    try:
        while True:
            try:
                if there := await watch.somebody_polls():
                    since, warned = time.monotonic(), False
                    await make_sure_that_it_works(handle)
                if show:
                    with contextlib.suppress(WorkflowQueryFailedError):  # the next one may not
                        show(*(await progress(handle) if there else (0, 0)))
                why = (
                    f"Nobody polls the Task Queue {queue} in the Namespace {client.namespace}: "
                    f"start replaygate shadow-worker --build {build}"
                )
            except RPCError as error:
                why = said(error)
            idle = time.monotonic() - since
            if (await asyncio.wait([result], timeout=LOOK))[0]:
                if not is_away(result):
                    return await verdict(result, queue)
                await asyncio.sleep(LOOK)
                result = asyncio.create_task(handle.result())
            if idle > SOON and not warned:
                warned = True
                print(why, file=sys.stderr)
            if idle > patience:
                raise Mistake(f"{why} (waited {patience:g} s; more: --wait)")
    finally:
        result.cancel()


def is_away(result: "asyncio.Task[Account]") -> bool:
    """Tell whether a result can't be had because the Service is away, not because it refuses."""
    error = result.exception()
    return isinstance(error, RPCError) and error.status not in REFUSED


async def make_sure_that_it_works(handle: Handle) -> None:
    """Look whether the Workflow Task succeeds: a Worker without the codec's key can't read it.

    Raises:
        Mistake: It fails again and again.
    """
    task = (await handle.describe()).raw_description.pending_workflow_task
    if task.attempt > TRIES:
        raise Mistake(
            f"The Workflow Task of {handle.id} fails again and again; its Worker's log says why: "
            "do both have the same code, and the same keys?"
        )


async def verdict(result: Awaitable[Account], name: str) -> Account:
    """Return what a shadow has come to.

    Raises:
        Mistake: It has ended without a verdict.
    """
    try:
        return await result
    except WorkflowFailureError as error:
        ways = {
            CancelledError: "was cancelled",
            TerminatedError: "was terminated",
            TimeoutError: "has timed out",
        }
        way = ways.get(type(error.cause), f"has failed: {error.cause}")
        raise Mistake(f"The shadow {name} {way}, so nothing is verified") from None


async def progress(handle: Handle) -> tuple[int, int]:
    """Return how many histories have their verdict, and how many there are.

    The Workflow counts whole slices; how far the others are stands in their heartbeats.
    """
    account: Account = await handle.query(PROGRESS, result_type=Account)
    description = await handle.describe()
    done = account.tally.size
    for pending in description.raw_description.pending_activities:
        if pending.heartbeat_details.payloads:
            _, tally = await description.data_converter.decode(
                pending.heartbeat_details.payloads, [str, Tally]
            )
            done += tally.size
    return done, account.total
