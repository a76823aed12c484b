"""What a user's code must not do while it only makes its Workers, and what it does instead."""

import contextlib
import importlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NoReturn

from temporalio.runtime import OpenTelemetryConfig, PrometheusConfig, Runtime
from temporalio.testing import WorkflowEnvironment

Replacement = tuple[Any, str, Any]  # an attribute of a module or class, and what it is meanwhile

ABSENT = object()
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class OwnServer(Exception):
    """The user's code starts a Temporal Service of its own."""


def of_sdk() -> Iterator[Replacement]:
    """Yield what keeps the SDK from binding ports, starting servers and changing its defaults."""
    yield Runtime, "__init__", unmeasured(Runtime.__init__)
    yield Runtime, "set_default", staticmethod(lambda *_, **__: None)
    yield Runtime, "prevent_default", staticmethod(lambda: None)
    for name in dir(WorkflowEnvironment):
        if name.startswith("start_"):
            yield WorkflowEnvironment, name, staticmethod(refuse_own_server)


def of_signals() -> Iterator[Replacement]:
    """Yield what leaves the handlers of signals as they are."""
    yield signal, "signal", lambda number, handler: signal.getsignal(number)
    yield signal, "set_wakeup_fd", lambda *_, **__: -1
    with contextlib.suppress(ImportError):  # its loops look at the thread, and ours is another
        uvloop = importlib.import_module("uvloop")
        yield uvloop.Loop, "add_signal_handler", lambda *_: None
        yield uvloop.Loop, "remove_signal_handler", lambda *_: True


def of_process() -> Iterator[Replacement]:
    """Yield what keeps this process alive, and ports free for others."""
    yield os, "_exit", leaving(os._exit)
    yield socket.socket, "bind", bound_anywhere(socket.socket.bind)


def unmeasured(original: Callable[..., None]) -> Callable[..., None]:
    """Return ``Runtime.__init__`` without metrics that need a port or another server."""

    def init(runtime: Any, *, telemetry: Any, **options: Any) -> None:
        if isinstance(telemetry.metrics, PrometheusConfig | OpenTelemetryConfig):
            telemetry = replace(telemetry, metrics=None)
        original(runtime, telemetry=telemetry, **options)

    return init


async def refuse_own_server(*_: Any, **__: Any) -> NoReturn:
    """Stand in for ``WorkflowEnvironment.start_local`` and its like.

    Raises:
        OwnServer: Always.
    """
    raise OwnServer("it starts a Temporal Service of its own (WorkflowEnvironment)")


def leaving(original: Callable[[int], NoReturn]) -> Callable[[int], NoReturn]:
    """Return an ``os._exit`` that ends the calling code, and only a process forked from ours."""
    ours = os.getpid()

    def leave(status: int) -> NoReturn:
        if os.getpid() != ours:
            original(status)
        raise SystemExit(status)

    return leave


def bound_anywhere(original: Callable[..., None]) -> Callable[..., None]:
    """Return a ``bind`` that takes a free port of the loopback interface, whatever is asked for.

    Several processes resolve a target at the same time, and the Worker itself may run here: a
    health check or a page of metrics would find its port taken.
    """

    def bind(sock: socket.socket, address: Any) -> None:
        if sock.family in LOOPBACK:
            address = (LOOPBACK[sock.family], 0)
        original(sock, address)

    return bind


def replace_until(stack: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    """Give an attribute another value until the stack is closed."""
    before = vars(owner).get(name, ABSENT)
    setattr(owner, name, value)
    if before is ABSENT:
        stack.callback(delattr, owner, name)
    else:
        stack.callback(setattr, owner, name, before)
