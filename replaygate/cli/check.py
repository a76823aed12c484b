"""``replaygate check``: runs the gate and prints the report."""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

from replaygate.cli import options as shared
from replaygate.cli.publishing import publish
from replaygate.config import Config
from replaygate.inputs.sources import Source, find
from replaygate.judging.pool import Unanswered, judge
from replaygate.mistake import Mistake
from replaygate.outputs import render
from replaygate.report import Report
from replaygate.targets.target import Target, TargetError
from replaygate.verdict import Verdict

DESCRIPTION = """The replay gate: replays Event Histories on the code that is about to be deployed.

Exit status 0: all replay. 1: at least one is incompatible. 2: something could not be verified.
"""


def add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replaygate check`` and its options."""
    parser = commands.add_parser(
        "check",
        help="replay histories: does the code still fit them?",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", type=shared.text, metavar="PATH", help="file or folder; - is stdin")
    shared.add_target(parser)
    add("--query", metavar="FILTER", help="replay the Executions that this List Filter finds")
    add("--limit", type=shared.count, metavar="N", help="at most so many of them")
    add("--workflow-id", default="", metavar="ID", help="of the one history whose file tells none")
    add("--strict", action="store_true", help="fail if a result differs, or if one is still stuck")
    add("--jobs", type=shared.count, default=0, metavar="N", help="processes; default: the cores")
    add("--timeout", type=shared.seconds, default=30.0, metavar="TIME", help="a history; 30s")
    add("--json", action="store_true", help="print one JSON document instead")
    add("--junitxml", type=Path, metavar="FILE", help="write a JUnit report, too")
    add("--show-values", action="store_true", help="print values that a codec hides")
    add("--pdb", action="store_true", help="open the debugger where one history does not fit")
    parser.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Replay what the command line names, print what comes of it, return the exit status."""
    started = time.monotonic()
    verdicts: list[Verdict] = []
    errors: list[str] = []
    passed_over = ""
    try:
        target, config = shared.target_of(options)
        sources, passed_over = named(options, config)
        for verdict in judged(options, target, sources):
            verdicts.append(verdict)
    except Exception as error:
        expected = isinstance(error, Mistake | TargetError | Unanswered)
        ours = "" if expected else f"The gate itself has failed: {type(error).__name__}: "
        errors.append(f"{ours}{error}")
        if options.traceback:
            print(getattr(error, "details", "") or traceback.format_exc(), file=sys.stderr)
    seconds = time.monotonic() - started
    report = Report(tuple(verdicts), seconds, tuple(errors), passed_over, options.strict)
    return publish(report, options)


def named(options: argparse.Namespace, config: Config) -> tuple[list[Source], str]:
    """Find the histories that the command line names, or else the configuration."""
    if options.limit and options.query is None:
        raise Mistake("--limit needs a --query, whose Executions it counts.")
    if options.pdb and options.query is not None:
        raise Mistake("--pdb replays one history, from a file: it does without --query.")
    if options.workflow_id and not options.paths:
        raise Mistake("--workflow-id needs a PATH. An Execution: --query 'WorkflowId=\"ID\"'.")
    paths = options.paths or ([] if options.query is not None else config.histories)
    if not options.paths:
        paths = [os.path.relpath(config.folder / path) for path in paths]
    if not paths and options.query is None:
        raise Mistake("Which histories? Name files or folders, or a --query.")
    sources, passed = find(paths, config.exclude, options.workflow_id)
    if options.workflow_id and len(sources) > 1:
        raise Mistake(f"--workflow-id is of one history, and here are {len(sources)}.")
    return sources, render.passed_over(passed.kinds)


def judged(options: argparse.Namespace, target: Target, sources: list[Source]) -> Iterator[Verdict]:
    """Yield the verdicts, and draw a bar of them on a terminal."""
    if options.pdb:
        from replaygate.cli.debugging import debug  # pdb takes long to import

        yield debug(sources, target, options.strict, options.show_values)
        return
    fetching = None
    if options.query is not None:
        from replaygate.inputs.query import Fetching, Query  # most runs do without it

        fetching = Fetching(Query(options.query, options.limit), target)
    try:
        verdicts = judge(
            sources,
            target,
            jobs=options.jobs,
            timeout=options.timeout,
            strict=options.strict,
            show_values=options.show_values,
            fetching=fetching,
        )
        drawn = sys.stderr and sys.stderr.isatty() and not options.json
        yield from bar(verdicts, None if fetching else len(sources)) if drawn else verdicts
        if fetching and not fetching.found:
            raise Mistake(f"The query finds no Workflow Execution {fetching.where}.")
    finally:
        if fetching:
            fetching.kill()


def bar(verdicts: Iterable[Verdict], total: int | None) -> Iterator[Verdict]:
    """Yield the verdicts and draw how many there are."""
    from rich.console import Console  # it takes as long to import as a history to replay
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        auto_refresh=False,  # it would take a thread
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        progress.console.show_cursor()  # hidden it would stay so after Ctrl-Z
        task = progress.add_task("", total=total)
        for number, verdict in enumerate(verdicts, 1):
            # To draw the bar takes about as long as to replay a history.
            progress.update(task, completed=number, refresh=number % 20 == 0)
            yield verdict
