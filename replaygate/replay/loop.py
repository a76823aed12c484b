"""The event loop that replays run in."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run it in a loop of asyncio's own, whatever the user's code has put in its place.

    A loop of trio-asyncio, for one, hides the Workflow's own loop from the Workflow.
    """
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main)
