"""What a program does while its Temporal Service can't be reached: says so once, tries again."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

from program import Mistake
from replaygate.plain import plain

AT_MOST = 600  # seconds without the Temporal Service before we give up
PASSING = {
    *(RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.UNAVAILABLE, RPCStatusCode.CANCELLED),
    *(RPCStatusCode.UNKNOWN, RPCStatusCode.INTERNAL, RPCStatusCode.ABORTED),
    RPCStatusCode.RESOURCE_EXHAUSTED,
}

Result = TypeVar("Result")


@dataclass
class Patience:
    """Knows since when the Temporal Service is away, and what the person can do then."""

    again: str  # the command that joins the Execution
    gone: Callable[[], bool]  # is it certain that the Service does not come back?
    lost: float = 0  # when it was first missed; 0 while it is there

    async def take(self, step: Callable[[], Awaitable[Result]]) -> Result:
        """Take the step; while the Temporal Service can't be reached, again and again.

        Raises:
            Mistake: It stays away, or no longer knows the Workflow Execution.
        """
        while True:
            try:
                result = await step()
                self.found()
                return result
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    raise Mistake(f"It is not there any more ({error}). {self._rejoin()}") from None
                if error.status not in PASSING:
                    raise
                self._missed(error)
            await asyncio.sleep(1)

    def found(self) -> None:
        """The Service has answered."""
        if self.lost:
            print("The Temporal Service answers again.", file=sys.stderr)
        self.lost = 0

    def _missed(self, error: RPCError) -> None:
        """Say once that the Service does not answer; give up when that makes no sense any more."""
        if self.gone():
            raise Mistake(f"The dev server has ended. {self._rejoin()}") from None
        if not self.lost:
            self.lost = time.monotonic()
            print(
                f"The Temporal Service does not answer ({plain(str(error))}). The Workflow "
                f"Execution does not need us; we try again for {AT_MOST // 60} minutes.",
                file=sys.stderr,
            )
        if time.monotonic() - self.lost > AT_MOST:
            raise Mistake(f"The Temporal Service does not answer. {self._rejoin()}") from None

    def _rejoin(self) -> str:
        return f"Join the Workflow Execution again, or start another: {self.again}"
