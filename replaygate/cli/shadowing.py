"""Runs ``replaygate shadow`` and ``shadow-worker``."""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

from temporalio.service import RPCError

from replaygate.cli import options as shared
from replaygate.cli.publishing import publish
from replaygate.mistake import Mistake
from replaygate.report import Report
from replaygate.service import said
from replaygate.shadow.request import Request, name_of
from replaygate.shadow.summary import report_of
from replaygate.signals import run_until_told


def shadow_worker(options: argparse.Namespace) -> int:
    """Serve until told to end."""
    from replaygate.shadow.worker import Place, serve  # most runs do without them

    target, _ = shared.target_of(options)
    place = Place(options.build, options.shadow_client, options.shadow_profile, options.namespace)
    return int(run_reported(options, serve(target, place, options.jobs)))


def shadow(options: argparse.Namespace) -> int:
    """Start a shadow, wait for it, and print what comes of it."""
    try:
        found = run_reported(options, followed(options))
    except Mistake as mistake:
        return publish(Report(errors=(str(mistake),)), options)
    except RPCError as error:
        return publish(Report(errors=(said(error),)), options)
    if isinstance(found, str):
        print(found)
        return 0
    return publish(report_of(*found), options)


def run_reported(options: argparse.Namespace, main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, or until a signal."""
    try:
        return run_until_told(main)
    except Mistake as mistake:
        if options.traceback and getattr(mistake, "details", ""):
            print(mistake.details, file=sys.stderr)  # type: ignore[attr-defined]
        raise


async def followed(options: argparse.Namespace) -> Any:
    """Return the account of a shadow and its request; of a Schedule, what to say."""
    from replaygate.shadow import following, latest, starting
    from replaygate.shadow.clients import own_client

    target, config = shared.target_of(options)
    request = Request() if options.latest else request_of(options, config.exclude)
    client = await own_client(
        target, options.shadow_client, options.shadow_profile, options.namespace
    )
    if options.latest:
        return await latest.latest(client, options.build)
    if options.schedule:
        every = timedelta(seconds=options.schedule)
        new = await starting.scheduled(client, options.build, request, every)
        name, when = name_of(options.build), "first now" if new else "changed, next when it is due"
        return f"Schedule {name}: every {every}, {when}. Its last verdict: shadow --latest"
    handle, new = await starting.started(client, options.build, request)
    try:
        with bar(options) as show:
            account = await following.followed(client, options.build, handle, options.wait, show)
    except Mistake:
        if new:
            with contextlib.suppress(RPCError):  # it has ended
                await handle.terminate("nobody waits for it")
        raise
    except asyncio.CancelledError:
        print("The shadow goes on; the same command joins it.", file=sys.stderr)
        raise
    return account, request


@contextlib.contextmanager
def bar(options: argparse.Namespace) -> Iterator[Callable[[int, int], None] | None]:
    """Draw on a terminal how far it is."""
    if options.json or not (sys.stderr and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    with Progress(
        BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        progress.console.show_cursor()  # hidden it would stay so after Ctrl-Z
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


def request_of(options: argparse.Namespace, exclude: list[str]) -> Request:
    """Return what the command line asks for.

    Raises:
        Mistake: It asks for nothing, or for what files can't give.
    """
    if bool(options.paths) == (options.query is not None):
        raise Mistake("Which histories? Name a --query, or else files and folders.")
    if "-" in options.paths:
        raise Mistake("Standard input is here, and not where the Workers are: name files.")
    if options.paths and options.at_least:
        raise Mistake("--at-least needs a --query: the types in files are not known before")
    return Request(
        filter=options.query or "",
        paths=options.paths,
        exclude=exclude if options.paths else [],
        sample=options.sample,
        at_least=options.at_least,
        limit=options.limit,
        stop_after=options.stop_after,
        seconds=options.seconds,
        rps=options.rps,
        strict=options.strict,
        timeout=options.timeout,
        heartbeat=options.heartbeat,
        size=options.size,
    )
