"""Calls what a target names, as the user's own program would, until it has made its Workers."""

import asyncio
import functools
import inspect
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from replaygate import frames
from replaygate.importing import TargetError, ended, fault, line_of, plain
from replaygate.recording import Recording
from replaygate.unconnected import OwnServer

PATIENCE = 10.0  # seconds in which the Workers must be made
UNWINDING = 1.0  # seconds that the code then has to end


class Call(threading.Thread):
    """A call of the user's code, in a thread of its own so that it can be left if it never ends."""

    def __init__(self, act: Callable[[], Any], over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.act = act
        self.over = over
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)  # the main thread of a program has one
        try:
            self.value = self.act()
        except BaseException as error:
            self.error = error
        finally:
            loop.close()
            self.over.set()

    def waits_at(self) -> str:
        """Return the line of the user's code where it is now, in brackets, if it can be told."""
        places = frames.of_stack(sys._current_frames().get(self.ident or 0))
        lines = frames.shown(places)
        return f" (it is at {lines[-1].file}:{lines[-1].line})" if lines else ""


def called(text: str, act: Callable[[], Any], recording: Recording) -> Any:
    """Return what the user's code gives; None where it was ended because its Workers run.

    Raises:
        TargetError: It failed, ended the process, or made no Worker in time.
    """
    recording.over.clear()
    arguments, sys.argv = sys.argv, sys.argv[:1]  # ours are none of its business
    call = Call(act, recording.over)
    call.start()
    try:
        in_time = recording.over.wait(PATIENCE)
        place = "" if in_time else call.waits_at()
        call.join(UNWINDING)
    finally:
        sys.argv = arguments
        if call.is_alive():
            recording.keep()
    if not in_time and not recording.workers:
        raise TargetError(f"{text} made no Worker within {PATIENCE:g} seconds{place}")
    if call.error and not recording.left:
        judge(text, call.error, recording)
    return None if recording.left else call.value


def judge(text: str, error: BaseException, recording: Recording) -> None:
    """Pass over what only happened because there is no Temporal Service.

    Raises:
        TargetError: The error is the user's.
    """
    error = plain(error)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        if recording.workers:
            return
        raise ended(text, "before it made a Worker", error)
    if isinstance(error, OwnServer):
        raise TargetError(
            f"{text}: {error}{line_of(error)}, and nothing is started here: "
            "name a function that takes a Client and returns the Worker"
        )
    if recording.begun and recording.calls and error is not recording.refused:
        return  # it did not expect an empty answer
    hint = "; it asked the Temporal Service first, which does not answer here"
    raise fault(text, "was called", error, hint if recording.calls else "")


def with_client(text: str, named: Callable[..., Any], client: Callable[[], Client]) -> Any:
    """Return a call without arguments: of ``named``, with a client where it takes one.

    With a client it is called while an event loop runs, as it would be where one was connected;
    without one it may run a loop by itself.

    Raises:
        TargetError: It takes something else.
    """
    parameter = client_parameter(text, named)
    if parameter is None:
        return functools.partial(alone, named)
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        made = functools.partial(named, **{parameter.name: client()})
    else:
        made = functools.partial(named, client())
    return lambda: asyncio.run(inside(made))


def client_parameter(text: str, named: Callable[..., Any]) -> inspect.Parameter | None:
    """Return the parameter for a client; None if nothing must be given.

    Raises:
        TargetError: Something else must be given.
    """
    try:
        parameters = inspect.signature(named).parameters.values()
    except (TypeError, ValueError):  # made in C
        return None
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    required = [p for p in parameters if p.default is p.empty and p.kind not in variable]
    if not required:
        return None
    if len(required) > 1 or not may_be_client(required[0]):
        names = ", ".join(parameter.name for parameter in required)
        raise TargetError(f"{text} must take a Client or nothing, and it wants: {names}")
    return required[0]


def may_be_client(parameter: inspect.Parameter) -> bool:
    """Tell whether a parameter is not said to be something else."""
    hint = parameter.annotation
    told = hint if isinstance(hint, str) else getattr(hint, "__name__", str(hint))
    if "client" in parameter.name.lower():
        return True
    if hint is parameter.empty:
        return parameter.name not in ("self", "cls")
    return any(word in told for word in ("Client", "Any", "object"))


def alone(named: Callable[[], Any]) -> Any:
    """Call ``named`` and follow what it gives."""
    value = named()
    return asyncio.run(followed(value)) if leads_on(value) else value


async def inside(made: Callable[[], Any]) -> Any:
    """Call ``made`` while an event loop runs, and follow what it gives."""
    return await followed(made())


async def followed(value: Any) -> Any:
    """Await, enter and run through a value until nothing more comes of it."""
    while leads_on(value):
        before = value
        if inspect.isawaitable(value):
            value = await value
        elif isinstance(value, AsyncIterator):
            value = [item async for item in value]
        elif isinstance(value, Generator):
            value = list(value)
        elif isinstance(value, AbstractAsyncContextManager):
            value = await value.__aenter__()
        else:
            value = value.__enter__()
        if value is before:
            break
    return value


def leads_on(value: Any) -> bool:
    """Tell whether a value is to be awaited, entered or run through."""
    kinds = (AsyncIterator, Generator, AbstractAsyncContextManager, AbstractContextManager)
    return not isinstance(value, Worker) and (
        inspect.isawaitable(value) or isinstance(value, kinds)
    )
