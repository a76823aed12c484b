"""Which arguments a target's function takes, and what comes of its value in the end."""

import asyncio
import functools
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from replaygate.targets.importing import TargetError


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
    if type(named).__module__.startswith("trio_asyncio."):
        return sys.modules["trio_asyncio"].run(named)
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
