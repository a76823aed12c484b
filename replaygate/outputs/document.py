"""Lays out a run as one JSON document, which replaygate/schema.json describes."""

import json
from typing import Any

from replaygate.plain import ends, plain, plain_lines
from replaygate.report import Group, Report

VERSION = 1  # rises when what reads the documents of the version before would go wrong


def as_json(report: Report) -> str:
    """Return the document, in ASCII; each text in it is as plain as on a terminal."""
    document: dict[str, Any] = {
        "version": VERSION,
        "status": report.status,
        **{outcome.value: count for outcome, count in report.counts.items()},
        "stuck": report.stuck,
        "strict": report.strict,
        "seconds": round(report.seconds, 3),
        "errors": report.problems,
        "passed_over": report.passed_over,
        "notes": report.notes,
        "groups": [group_as_dict(group) for group in report.groups],
        "histories": [verdict.as_dict() for verdict in report.verdicts],
    }
    return json.dumps({key: legible(value, key) for key, value in document.items()}, indent=2)


def group_as_dict(group: Group) -> dict[str, Any]:
    """Return what tells the kind of failure, and which histories fail so."""
    workflow_type, event_type, _, line = group.key
    first = group.verdicts[0]
    return {
        "outcome": group.outcome,
        "workflow_type": workflow_type,
        "event_type": event_type,
        "command_type": first.diagnosis.command_type if first.diagnosis else "",
        "line": line,
        "reason": first.reason,
        "count": group.count,
        "names": [verdict.name for verdict in group.verdicts],
    }


def legible(value: Any, key: str) -> Any:
    """Return what JSON can hold with all of its text made plain, and long lists cut."""
    match value:
        case str():
            return "\n".join(plain_lines(value)) if key == "sdk" else plain(value)
        case dict():
            return {name: legible(held, name) for name, held in value.items()}
        case list() | tuple():
            values = ends(value) if key in ("context", "stood_at") else value
            return [legible(held, key) for held in values]
    return value
