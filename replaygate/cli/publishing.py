"""Prints a report, and writes it where a pipeline looks for it."""

import argparse
import os
import sys
from pathlib import Path

from replaygate.outputs import render
from replaygate.report import Report
from replaygate.verdict import Outcome


def publish(report: Report, options: argparse.Namespace) -> int:
    """Print the report, write it where a pipeline looks for it, and return the exit status."""
    if options.json:
        print(render.as_json(report))
    else:
        for group in report.groups:
            if group.outcome is Outcome.INCOMPATIBLE:
                show(render.diagnosis(group))
        print(render.text(report))
    written = True
    if options.junitxml:
        written = write(options.junitxml, render.junit(report))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        written = annotate(report) and written
    return report.status if written else report.status or 2


def annotate(report: Report) -> bool:
    """Put failures at their lines of code and a table into the summary of GitHub's step."""
    if annotations := render.annotations(report, below_the_workspace()):
        print(annotations, file=sys.stderr)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return not summary or write(Path(summary), render.step_summary(report), "a")


def below_the_workspace() -> str:
    """Return the way from the repository, as GitHub has it, to the current folder."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    way = os.path.relpath(Path.cwd(), workspace) if workspace else "."
    return "" if way == "." or way.startswith("..") else f"{way}/"


def show(diagnosis: str) -> None:
    """Print a diagnosis on stderr, in colours on a terminal."""
    if sys.stderr.isatty():
        from rich.console import Console

        Console(stderr=True).print(render.coloured(diagnosis), soft_wrap=True)
    else:
        print(diagnosis, file=sys.stderr)


def write(path: Path, text: str, mode: str = "w") -> bool:
    """Write a report into a file; say in one line if that is not possible."""
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f"{path} can't be written: {error.strerror}", file=sys.stderr)
        return False
    return True
