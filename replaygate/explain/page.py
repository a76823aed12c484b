"""Lays out an explanation as one page to step through: it needs no network and no framework."""

import html
import json
from pathlib import Path
from string import Template
from typing import Any

from replaygate.explain.explanation import Explanation, File, Frames, Gave, Row, Standing, Task
from replaygate.explain.walk_text import heading, walk_text
from replaygate.plain import plain

TEMPLATE = Path(__file__).with_name("page.html")
WIDTH = 100  # columns of what is printed
# What would end the script element, or a line of a script: in JSON each may be written so.
UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def page(told: Explanation) -> str:
    """Return the page. Whatever comes from a history or from code stands in it as text only."""
    data = json.dumps(data_of(told), ensure_ascii=False, separators=(",", ":"))
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(heading(told)),
        text=html.escape(walk_text(told, WIDTH)),
        data=data.translate(UNSAFE),
    )


def data_of(told: Explanation) -> dict[str, Any]:
    """Return what the page shows, as JSON can hold it; each text in it is harmless."""
    verdict, cause = told.verdict, told.verdict.diagnosis
    about = {"Workflow Id": verdict.workflow_id, "run id": verdict.run_id}
    reason = [verdict.reason, f"Likely cause: {cause.cause}" if cause and cause.cause else ""]
    return {
        "title": heading(told),
        "about": plain(", ".join(f"{name} {value}" for name, value in about.items() if value)),
        "reason": ". ".join(plain(part) for part in reason if part),
        "parts": told.parts_at,
        "rows": [row_of(row) for row in told.rows],
        "tasks": [task_of(task) for task in told.tasks],
        "files": [file_of(file) for file in told.files],
        "instead": [gave_of(command) for command in told.instead],
        "raised": frames_of(told.raised_at),
    }


def row_of(row: Row) -> dict[str, Any]:
    """Return an Event."""
    return {"id": row.event_id, "time": row.time, "type": row.type, "detail": plain(row.detail)}


def task_of(task: Task) -> dict[str, Any]:
    """Return what the code did in a Workflow Task."""
    return {
        "event": task.event_id,
        "started": task.started_id,
        "ran": [[plain(file), lines] for file, lines in task.ran],
        "said": [
            {"text": plain(said.text), "frame": frames_of((said.frame,))[0], "silent": said.silent}
            for said in task.said
        ],
        "gave": [gave_of(command) for command in task.gave],
        "woke": [[one.event_id, frames_of(one.frames), one.begins] for one in task.woke],
        "stands": [standing_of(standing) for standing in task.stands],
    }


def gave_of(command: Gave) -> dict[str, Any]:
    """Return a Command."""
    return {
        "command": command.command,
        "detail": plain(command.detail),
        "frames": frames_of(command.frames),
        "event": command.event_id,
    }


def standing_of(standing: Standing) -> dict[str, Any]:
    """Return where a task waits."""
    return {
        "task": plain(standing.task),
        "frames": frames_of(standing.frames),
        "state": [[plain(name), plain(value)] for name, value in standing.state],
        "alike": standing.alike,
    }


def frames_of(frames: Frames) -> list[tuple[str, int]]:
    """Return the innermost line of a call stack; the page shows no others."""
    return [(plain(frame.file), frame.line) for frame in frames[-1:]]


def file_of(file: File) -> dict[str, Any]:
    """Return a module."""
    lines = [plain(line.expandtabs()) for line in file.text.splitlines()]
    return {"name": plain(file.name), "lines": lines}
