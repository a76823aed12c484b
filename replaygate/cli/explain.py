"""``replaygate explain``: shows each Event beside the line of Workflow code behind it."""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from replaygate.cli import options as shared
from replaygate.config import Config
from replaygate.inputs.sources import Source, find
from replaygate.mistake import Mistake
from replaygate.targets.target import Target
from replaygate.verdict import Outcome

if TYPE_CHECKING:  # most runs do without it
    from replaygate.explain.explanation import Explanation

DESCRIPTION = """Shows each Event beside the line of Workflow code behind it.

Exit status 0: it replays. 1: it is incompatible. 2: nothing could be explained.
"""
ONE = "A page shows one history; name one of {count}, {first} for one"


def add_explain(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replaygate explain`` and its options."""
    parser = commands.add_parser(
        "explain",
        help="show each Event beside the line of code behind it",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", type=shared.text, metavar="PATH", help="file or folder; - is stdin")
    shared.add_target(parser)
    add("--workflow-id", default="", metavar="ID", help="without PATH: fetch that Execution")
    add("--run-id", default="", metavar="ID", help="not its latest run, but this one")
    add("--html", type=Path, metavar="FILE", help="write a page to step through instead")
    add("--timeout", type=shared.seconds, default=30.0, metavar="TIME", help="a history; 30s")
    add("--show-values", action="store_true", help="show values that a codec hides")
    parser.set_defaults(run=explain)


def explain(options: argparse.Namespace) -> int:
    """Explain what the command line names and return the exit status."""
    try:
        target, config = shared.target_of(options)
        statuses = [0]
        for number, told in enumerate(told_by(options, target, config)):
            if options.html and number:
                raise Mistake(ONE.format(count="several", first=f"{told.verdict.name}"))
            show(told, options.html, number)
            statuses.append(status_of(told))
    except Mistake as mistake:
        if options.traceback and getattr(mistake, "details", ""):
            print(mistake.details, file=sys.stderr)  # type: ignore[attr-defined]
        raise
    return 1 if 1 in statuses else max(statuses)


def told_by(options: argparse.Namespace, target: Target, config: Config) -> Iterator["Explanation"]:
    """Yield the explanation of each history that the command line names."""
    from replaygate.explain.explaining import explanations  # here, because check has no need of it

    sources = list(named(options, target, config))
    if options.html and len(sources) > 1:
        raise Mistake(ONE.format(count=len(sources), first=sources[0].name))
    for source in sources:
        yield from explanations(source, target, options.timeout, options.show_values)


def named(options: argparse.Namespace, target: Target, config: Config) -> Iterator[Source]:
    """Yield the histories: files, else one Execution of the Temporal Service."""
    if options.run_id and not options.workflow_id:
        raise Mistake("--run-id needs a --workflow-id.")
    if options.paths:
        yield from find(options.paths, config.exclude, options.workflow_id)[0]
    elif options.workflow_id:
        from replaygate.inputs.fetching import fetched

        yield fetched(options.workflow_id, options.run_id, target)
    else:
        raise Mistake("Which history? Name a file, or a --workflow-id.")


def show(told: "Explanation", html: Path | None, number: int) -> None:
    """Print an explanation, in colours on a terminal, or write the page."""
    if html:
        write(html, told)
        return
    from replaygate.explain.walk_text import coloured, walk_text

    text = "\n" * bool(number) + walk_text(told, shutil.get_terminal_size().columns)
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        print(text)
        return
    from rich.console import Console

    Console().print(coloured(text), soft_wrap=True)


def write(html: Path, told: "Explanation") -> None:
    """Write the page, and say where it is.

    Raises:
        Mistake: That is not possible.
    """
    from replaygate.explain.page import page

    try:
        html.write_text(page(told), encoding="utf-8")
    except OSError as error:
        raise Mistake(f"{html} can't be written: {error.strerror}") from None
    print(html)


def status_of(told: "Explanation") -> int:
    """Return what one explanation contributes to the exit status."""
    match told.verdict.outcome:
        case Outcome.INCOMPATIBLE:
            return 1
        case Outcome.REPLAYS | Outcome.NOT_BEGUN:
            return 0
        case _:
            return 2
