"""Waits for the verdict of a shadow, shows how far it is, and says so if nobody works on it."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable

from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import CancelledError, TerminatedError, TimeoutError
from temporalio.service import RPCError

from replaygate.mistake import Mistake
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
    """Wait for the end of a shadow.

    Raises:
        Mistake: Nobody polls its Task Queue for ``patience`` seconds, or it has no verdict.
    """
    queue = name_of(build)
    watch = Watch(client, queue)
    result = asyncio.create_task(handle.result())
    alone_since, said = time.monotonic(), False
    try:
        while True:
            with contextlib.suppress(RPCError):  # the Service may be away for a while
                if there := await watch.somebody_polls():
                    alone_since, said = time.monotonic(), False
                    await make_sure_that_it_works(handle)
                if show:
                    show(*(await progress(handle) if there else (0, 0)))
            alone = time.monotonic() - alone_since
            if (await asyncio.wait([result], timeout=LOOK))[0]:
                return await verdict(result, queue)
            nobody = (
                f"Nobody polls the Task Queue {queue} in the Namespace {client.namespace}: "
                f"start replaygate shadow-worker --build {build}"
            )
            if alone > SOON and not said:
                said = True
                print(nobody, file=sys.stderr)
            if alone > patience:
                raise Mistake(f"{nobody} (waited {patience:g} s; more: --wait)")
    finally:
        result.cancel()


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
