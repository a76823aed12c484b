"""Lays out a run for GitHub Actions: annotations at lines of code, and the summary of the step."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from replaygate.outputs.columns import EXAMPLES, remark
from replaygate.outputs.text import tally
from replaygate.plain import more, plain
from replaygate.report import Group, Report, innermost
from replaygate.verdict import Outcome

# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
MOST = 10  # annotations of a kind that GitHub keeps of a step
ROWS = 50  # of the table; GitHub takes 1 MiB, and a person reads less
TITLE = "replaygate"
MARKUP = re.compile(r"[^\w\s.,/()'-]|_")


def annotations(report: Report, folder: str = "") -> str:
    """Return a workflow command for each group of failures and for each error of the run.

    GitHub wants files relative to the repository: ``folder`` is the way from there to the current
    folder, with "/" at its end, or empty where they are the same.
    """
    commands = [annotation(group, folder) for group in report.groups]
    commands += [error({"title": TITLE}, plain(problem)) for problem in report.problems]
    if len(commands) > MOST:
        left = len(commands) - MOST + 1
        commands[MOST - 1 :] = [error({"title": TITLE}, more(left, "failures; see the log"))]
    return "\n".join(commands)


def annotation(group: Group, folder: str) -> str:
    """Return the workflow command that puts a group of failures at its line of code."""
    verdict = group.verdicts[0]
    name = plain(verdict.name)
    properties = {}
    if frame := innermost(verdict):
        path = frame.file if PurePath(frame.file).is_absolute() else folder + frame.file
        properties = {"file": plain(path), "line": str(frame.line)}
    what = "incompatible" if group.outcome is Outcome.INCOMPATIBLE else "not verified"
    subject = plain(verdict.workflow_type) or name
    lines = [f"{name}: {remark(verdict)}"]
    if verdict.diagnosis and verdict.diagnosis.cause:
        lines.append(f"Likely cause: {plain(verdict.diagnosis.cause)}")
    if group.count > 1:
        lines.append(f"{group.count:,} Event Histories fail so.")
    return error({**properties, "title": f"{subject} is {what}"}, "\n".join(lines))


def error(properties: dict[str, str], message: str) -> str:
    """Return a workflow command, escaped as GitHub unescapes it."""
    pairs = [f"{key}={escaped(value, '%:,')}" for key, value in properties.items()]
    return f"::error {','.join(pairs)}::{escaped(message, '%')}"


def escaped(value: str, signs: str) -> str:
    """Return the value with these signs and all line ends as GitHub writes them."""
    return re.sub(f"[{signs}\r\n]", lambda sign: f"%{ord(sign[0]):02X}", value)


def step_summary(report: Report) -> str:
    """Return what GitHub shows on the page of the run, in Markdown."""
    counts = [*tally(report), *([(report.stuck, "still stuck")] if report.stuck else [])]
    columns = [[word for _, word in counts], [f"{count:,}" for count, _ in counts]]
    lines = ["### Replay of Event Histories", "", *table(columns)]
    if report.groups:
        head = ("Event Histories", "Workflow", "What is wrong", "Line", "Likely cause")
        lines += ["", *table([head, *map(table_row, report.groups[:ROWS])])]
    if len(report.groups) > ROWS:
        lines += ["", more(len(report.groups) - ROWS, "kinds of failure")]
    for words in filter(None, [*report.problems, report.passed_over, *report.notes]):
        lines += ["", literal(plain(words))]
    return "\n".join(lines) + "\n"


def table_row(group: Group) -> tuple[str, ...]:
    """Return the cells of a group of failures."""
    verdict = group.verdicts[0]
    names = [verdict.name for verdict in group.verdicts[:EXAMPLES]]
    cause = verdict.diagnosis.cause if verdict.diagnosis else ""
    what = remark(verdict)
    return f"{group.count:,}: {', '.join(names)}", *group.key[:1], what, group.key[3], cause


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the first row is its head."""
    lines = [f"| {' | '.join(literal(plain(cell)) for cell in row)} |" for row in rows]
    return [lines[0], "| --- " * len(rows[0]) + "|", *lines[1:]]


def literal(text: str) -> str:
    """Return the text with all that may be markup, in Markdown or HTML, as references."""
    return MARKUP.sub(lambda sign: f"&#{ord(sign[0])};", text)
