"""The Activity: it tells in heartbeats how far a slice is, and what ends the whole shadow."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from replaygate.service import said
from replaygate.shadow.attempt import Attempt, Held
from replaygate.shadow.clients import REFUSED
from replaygate.shadow.progress import Progress
from replaygate.shadow.request import ACTIVITY, Done, Part, Request
from replaygate.shadow.tally import Tally
from replaygate.targets.target import TargetError

BEATS = 5  # heartbeats within their timeout


class Slices:
    """The Activity of one Worker."""

    def __init__(self, held: Held) -> None:
        self.held = held

    @activity.defn(name=ACTIVITY)
    async def shadow_slice(self, request: Request, part: Part) -> Done:
        """Replay a slice, or return smaller ones in its place."""
        attempt = Attempt(self.held, request, part)
        async with aside(beating(attempt.progress, request.heartbeat / BEATS), attempt.pace.look()):
            try:
                return await attempt.done()
            except RPCError as error:
                if error.status not in REFUSED:
                    raise
                raise refused(said(error), attempt.progress.tally) from None
            except TargetError as error:
                raise refused(str(error), attempt.progress.tally) from None
            except asyncio.CancelledError:
                details = activity.cancellation_details()
                if details and details.cancel_requested:  # what is replayed so far counts
                    return Done(attempt.progress.tally, slots=part.beside)
                attempt.progress.beat()  # another Worker goes on from here
                raise
            except Exception as error:
                why = f"The gate itself has failed: {type(error).__name__}: {error}"
                raise refused(why, attempt.progress.tally) from error


def refused(words: str, tally: Tally) -> ApplicationError:
    """Return what ends the whole shadow, with what was replayed before."""
    return ApplicationError(words, tally, type="Refused", non_retryable=True)


@contextlib.asynccontextmanager
async def aside(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let these run meanwhile."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def beating(progress: Progress, every: float) -> None:
    """Keep saying how far it is."""
    while True:
        progress.beat()
        await asyncio.sleep(every)
