"""The gate: replays Event Histories on the code that is about to be deployed.

Exit status 0: all replay. 1: at least one is incompatible. 2: something could not be verified.
"""

import argparse
import asyncio
import functools
import json
import logging
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict
from itertools import zip_longest
from multiprocessing.connection import Connection, wait
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from rich.text import Text
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowExecution, WorkflowHistory
from temporalio.service import RPCError

from connection import connect, data_converter
from history import NotAHistory, check, load, shown, type_of, workflow_id_of
from program import Mistake, Parser, run
from verdict import INCOMPATIBLE, NOT_BEGUN, REPLAYS, UNVERIFIED, Verdict, replay_all

HISTORIES = Path(__file__).with_name("histories")
CORES = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
LEFT_OUT = {"incompatible", "encrypted"}  # what must fail to replay, and what needs a key
WORTH_A_PROCESS = 40  # histories; fewer are replayed before another process is up
MOST = 8  # processes a core; more only cost memory
BATCH = 16  # histories that a process is sent at once
PAGE = 100  # Workflow Executions in one answer of the Temporal Service
FETCH_AT_ONCE = 4  # histories; the Temporal Service has other work to do

# A forked process has everything imported already. Forking is safe here because this process has no
# threads, leaving Core to the others; only Linux takes it well.
if sys.platform == "linux":
    processes = multiprocessing.get_context("fork")
else:
    processes = multiprocessing.get_context("spawn")

Source = tuple[str, Path | bytes]  # a history's name, and the file that holds it or what it holds


class NotBegun(Exception):
    """No Workflow Task of this Workflow Execution was completed, so no code can break it."""


class ReplayProcess:
    """A process that replays what it is sent, in order. Only killing it ends a hang."""

    def __init__(self, core: int | None) -> None:
        self.core = core
        self.waiting: deque[Source] = deque()
        self.start()

    def start(self) -> None:
        """Start, or start again after a kill, and go on with what waits."""
        self.pipe, theirs = processes.Pipe()
        self.process = processes.Process(target=serve, args=(theirs, self.core), daemon=True)
        self.process.start()
        theirs.close()
        self.send([*self.waiting])

    def send(self, sources: list[Source]) -> None:
        """Send histories to a process that waits for them, so that this does not block."""
        self.waiting = deque(sources)
        self.since = time.monotonic()
        self.pipe.send(sources)

    def receive(self) -> Verdict:
        """Receive the next verdict; a process that is gone has panicked on that history."""
        try:
            verdict: Verdict = self.pipe.recv()
        except (EOFError, OSError):
            return self.give_up("the SDK's Core panics on it, as it does on damaged histories")
        self.waiting.popleft()
        self.since = time.monotonic()
        return verdict

    def give_up(self, reason: str) -> Verdict:
        """Give up the history that is being replayed."""
        self.process.kill()
        name, _ = self.waiting.popleft()
        self.start()
        return Verdict(name, UNVERIFIED, reason)


def serve(pipe: "Connection[Verdict, list[Source]]", core: int | None) -> None:
    """Replay what comes through the pipe; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent will kill us
    logging.disable()
    end_with_parent()
    end_on_panic()
    if core is not None:
        os.sched_setaffinity(0, {core})  # Core's threads hand over faster on one core
    asyncio.run(replay_from(pipe))


def end_with_parent() -> None:
    """End this process when its parent is gone, whatever it is doing."""
    parent = multiprocessing.parent_process()

    def listen() -> None:
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()


def end_on_panic() -> None:
    """End this process when Core panics, because then it never answers; it only tells stderr."""
    reading, writing = os.pipe()
    os.dup2(writing, 2)

    def listen() -> None:
        with os.fdopen(reading, errors="replace") as lines:
            if any("panicked at" in line for line in lines):
                os._exit(1)

    threading.Thread(target=listen, daemon=True).start()


async def replay_from(pipe: "Connection[Verdict, list[Source]]") -> None:
    """Send a verdict for each history that comes through the pipe."""

    async def histories() -> AsyncIterator[tuple[str, WorkflowHistory]]:
        while True:
            for name, source in pipe.recv():
                try:
                    history = load(source) if isinstance(source, Path) else parse(name, source)
                except NotBegun:
                    pipe.send(Verdict(name, NOT_BEGUN))
                except NotAHistory as error:
                    pipe.send(Verdict(name, UNVERIFIED, str(error)))
                else:
                    yield name, history

    async for verdict in replay_all(histories()):
        pipe.send(verdict)


def parse(name: str, data: bytes) -> WorkflowHistory:
    """Parse a history that was fetched; raises NotBegun if no Worker has done anything in it."""
    events = History.FromString(data).events
    if all(type_of(event) != "WorkflowTaskCompleted" for event in events):
        raise NotBegun
    history = WorkflowHistory(workflow_id_of(events) or name, events)
    check(history)
    return history


def verdicts_of(
    sources: deque[Source], fetched: "Connection | None", jobs: int, timeout: float
) -> Iterator[Verdict]:
    """Replay in ``jobs`` processes; give up a history that takes longer than ``timeout`` seconds.

    Raises:
        Mistake: The process that fetches has met one.
    """
    turn = os.getpid() % len(CORES) if CORES else 0  # else every small run takes the same core
    cores = [*CORES[turn:], *CORES[:turn]][:jobs]
    replayers = [ReplayProcess(core) for core, _ in zip_longest(cores, range(jobs))]
    try:
        while True:
            for replayer in replayers:
                if sources and not replayer.waiting:
                    size = min(BATCH, math.ceil(len(sources) / (4 * jobs)))
                    replayer.send([sources.popleft() for _ in range(size)])
            busy = [replayer for replayer in replayers if replayer.waiting]
            pipes = [replayer.pipe for replayer in busy]
            if fetched and len(sources) < BATCH:  # else it waits, and so does the memory it takes
                pipes.append(fetched)
            if not pipes:
                return
            deadline = min((replayer.since for replayer in busy), default=math.inf) + timeout
            ready = wait(pipes, max(0.0, deadline - time.monotonic()) if busy else None)
            for replayer in busy:
                if replayer.pipe in ready:
                    yield replayer.receive()
                elif time.monotonic() >= replayer.since + timeout:
                    yield replayer.give_up(f"there is no answer within {timeout:g} s")
            if fetched in ready:
                match fetched.recv():
                    case None:
                        fetched = None
                    case Mistake() as mistake:
                        raise mistake
                    case source:
                        sources.append(source)
    finally:
        for replayer in replayers:
            replayer.process.kill()


def fetch(pipe: "Connection[Source | Mistake | None, None]", query: str, limit: int | None) -> None:
    """Send the histories that a List Filter finds, then None; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    end: Mistake | None = None
    try:
        asyncio.run(fetch_all(pipe, query, limit))
    except Mistake as mistake:
        end = mistake
    except (RPCError, UnicodeEncodeError) as error:  # what a shell passes on may be no UTF-8
        end = Mistake(f"The Temporal Service refuses the query: {error}")
    pipe.send(end)
    os._exit(0)


async def fetch_all(
    pipe: "Connection[Source | Mistake | None, None]", query: str, limit: int | None
) -> None:
    """Fetch a few at a time, and no faster than they are replayed."""
    client = await connect()

    async def fetch_one(found: WorkflowExecution) -> Source:
        handle = client.get_workflow_handle(found.id, run_id=found.run_id)
        history = History(events=(await handle.fetch_history()).events)
        return f"{found.id} (run id {found.run_id})", history.SerializeToString()

    tasks: deque[asyncio.Task[Source]] = deque()
    async for found in client.list_workflows(query, limit=limit, page_size=PAGE):
        tasks.append(asyncio.create_task(fetch_one(found)))
        if len(tasks) == FETCH_AT_ONCE:
            pipe.send(await tasks.popleft())
    for task in tasks:
        pipe.send(await task)


def find(paths: Iterable[Path]) -> Iterator[Source]:
    """Yield the files to replay; a folder stands for the JSON files in it, and below it.

    The folders LEFT_OUT count only where they are named.
    """
    for path in paths:
        files = [path]
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on a name that is too long
            files = sorted(path.rglob("*.json"))
            files = [f for f in files if not LEFT_OUT & {*f.relative_to(path).parts[:-1]}]
            files = files or [path]  # which fails, because an empty folder proves nothing
        yield from ((shown(str(file)), file) for file in files)


def main(options: argparse.Namespace) -> int:
    """Replay what the command line names, print what comes of it, return the exit status."""
    data_converter()  # if its keys are malformed, say so here, not in every process
    fetched = None
    if options.query is not None:
        fetched, theirs = processes.Pipe(duplex=False)
        processes.Process(
            target=fetch, args=(theirs, options.query, options.limit), daemon=True
        ).start()
        theirs.close()
    paths = options.paths or ([] if fetched else [HISTORIES])
    sources: deque[Source] = deque(dict(find(paths)).items())
    enough = fetched or len(sources) >= WORTH_A_PROCESS
    jobs = options.jobs or (len(CORES) or os.cpu_count() if enough else 1) or 1
    jobs = min(jobs, MOST * (os.cpu_count() or 1))
    verdicts: list[Verdict] = []
    started = time.monotonic()
    console = Console(stderr=True, highlight=False)
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        auto_refresh=False,  # it would take a thread
        transient=True,
        disable=options.json or not console.is_terminal,
    ) as progress:
        bar = progress.add_task("", total=None if fetched else len(sources))
        for verdict in verdicts_of(sources, fetched, jobs, options.timeout):
            verdicts.append(verdict)
            if verdict.outcome == INCOMPATIBLE and not options.json:
                diagnosis = Text(f"{verdict}\n")
                diagnosis.highlight_regex(r"^\S.*|.*->.*", "bold red")
                console.print(diagnosis, soft_wrap=True)
            # To draw the bar takes about as long as to replay a history.
            progress.update(bar, completed=len(verdicts), refresh=len(verdicts) % 20 == 0)
    return report(verdicts, time.monotonic() - started, options.strict, options.json)


def report(verdicts: list[Verdict], seconds: float, strict: bool, as_json: bool) -> int:
    """Print a line for every failure and a summary, or one JSON document; return the status."""
    if strict:
        for verdict in verdicts:
            if verdict.returns:
                verdict.outcome = INCOMPATIBLE
    counts = {
        outcome: sum(verdict.outcome == outcome for verdict in verdicts)
        for outcome in (REPLAYS, INCOMPATIBLE, UNVERIFIED, NOT_BEGUN)
    }
    status = 1 if counts[INCOMPATIBLE] else 2 if counts[UNVERIFIED] or not counts[REPLAYS] else 0
    verdicts.sort(key=lambda verdict: verdict.name)
    if as_json:
        histories = [asdict(verdict) for verdict in verdicts]
        print(json.dumps({"status": status, **counts, "histories": histories}, indent=2))
        return status
    for verdict in verdicts:
        if verdict.reason or verdict.returns:
            print(f"{verdict.name}: {verdict.reason or f'replays, but {verdict.returns}'}")
    if not verdicts:
        raise Mistake("The query finds no Workflow Execution, so nothing is verified.")
    begun = f", {counts[NOT_BEGUN]} not begun" if counts[NOT_BEGUN] else ""
    print(
        f"{counts[REPLAYS]} replay, {counts[INCOMPATIBLE]} incompatible, "
        f"{counts[UNVERIFIED]} not verified{begun} ({seconds:.1f} s)"
    )
    return status


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""

    def positive(text: str) -> float:
        if not 0 < (number := float(text)) < 1e6:  # select() takes no longer time
            raise ValueError
        return number

    def named(text: str) -> Path:
        if not text:  # as "$UNSET" is; it would stand for the current folder
            raise ValueError
        return Path(text)

    def count(text: str) -> int:
        if (number := int(text)) < 1:
            raise ValueError
        return number

    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("paths", nargs="*", type=named, metavar="PATH", help="file or folder; default: histories/")
    add("--query", metavar="Q", help="replay the Workflow Executions that this List Filter finds")
    add("--limit", type=count, metavar="N", help="at most so many of them, the newest first")
    add("--jobs", type=count, metavar="N", help="processes; default: the cores, if it pays")
    add(
        "--timeout", type=positive, default=30.0, metavar="S", help="seconds a history; default: 30"
    )
    add("--strict", action="store_true", help="fail if a result differs from the recorded one")
    add("--json", action="store_true", help="print one JSON document instead")
    return parser.parse_args()


if __name__ == "__main__":
    run(functools.partial(main, parse_arguments()))
