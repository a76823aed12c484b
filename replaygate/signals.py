"""How a program is told to end: by Ctrl-C, by SIGTERM, by a terminal that closes."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

GO_AWAY = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
AT_MOST = 20.0  # seconds for what was told twice to put away what it has opened

Result = TypeVar("Result")


class EndedBySignal(KeyboardInterrupt):
    """A signal has ended the program, as Ctrl-C does."""


def hear_ctrl_c() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, if it has only ended the process during the imports."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run_until_told(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine; a signal cancels it, and the same again hurries it.

    A terminal that closes sends two, and they are one.

    Raises:
        KeyboardInterrupt: A signal has ended it: EndedBySignal, if it was not Ctrl-C.
    """
    tasks: list[asyncio.Task[Any]] = []
    numbers = [number for number in GO_AWAY if signal.getsignal(number) is signal.SIG_DFL]
    try:
        with asyncio.Runner() as runner:
            runner.get_loop()  # interrupted half-made, it would complain
            hear_ctrl_c()
            try:
                return runner.run(_until_told(main, numbers, tasks))
            except asyncio.CancelledError:  # by Ctrl-C, and by a Worker that it has cut off
                raise KeyboardInterrupt from None
            except KeyboardInterrupt:
                runner.run(_put_away(tasks))
                raise
    finally:
        for number in numbers:  # there is no loop any more that could hear them
            signal.signal(number, signal.SIG_DFL)


async def _until_told(
    main: Coroutine[Any, Any, Result], numbers: list[int], tasks: list[asyncio.Task[Any]]
) -> Result:
    """Let SIGTERM, and SIGHUP of a closed terminal, cancel it first, as Ctrl-C does."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task
    tasks.append(task)
    received: list[int] = []

    def on_signal(number: int, _: FrameType | None) -> None:
        if number in received:
            raise EndedBySignal(number)
        if not received:
            loop.call_soon_threadsafe(task.cancel)
        received.append(number)

    for number in numbers:
        signal.signal(number, on_signal)
        os.register_at_fork(after_in_child=lambda n=number: signal.signal(n, signal.SIG_DFL))
    try:
        return await main
    except (asyncio.CancelledError, Exception) as error:
        if received:
            raise EndedBySignal(received[0]) from None
        if isinstance(error, Exception) and task.cancelling():
            raise asyncio.CancelledError from None  # Ctrl-C has cut off what then failed
        raise


async def _put_away(tasks: list[asyncio.Task[Any]]) -> None:
    """Let them end in order, though the same signal again has cut them off.

    Afterwards all tasks are cancelled at once; those of a Worker that still runs might never end.
    """
    for task in tasks:
        task.cancel()
        await asyncio.wait({task}, timeout=AT_MOST)
