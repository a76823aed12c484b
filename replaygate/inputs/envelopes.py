"""Finds the Event Histories in a JSON document, and what stands around them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

DEPTH = 4  # an export, an item of it, an answer of the Service, a history


@dataclass(frozen=True)
class Envelope:
    """The Events of one history as they stand in the document, and what is told of them."""

    workflow_id: str = ""
    run_id: str = ""
    one_page: bool = False  # the Service has more of it
    events: Any = ()  # a list of JSON objects
    raw: tuple[Any, ...] = ()  # or binary, in base64


def envelopes(
    document: object, outer: Envelope = Envelope(), depth: int = DEPTH
) -> Iterator[Envelope]:
    """Yield what holds a history: an object with a list of "events", wherever it is.

    Known are the answer of the HTTP API, ``{"history": ...}``, the export of Temporal Cloud as
    JSON, ``{"items": [...]}``, and what projects make up, ``{"workflow_id": ..., "history": ...}``.
    The id that stands nearest to a history is its own.
    """
    if isinstance(document, dict):
        yield from _in_object(document, _told(document, outer), depth)
    elif isinstance(document, list) and depth:
        for item in document:
            yield from envelopes(item, outer, depth - 1)


def _in_object(document: dict[str, Any], told: Envelope, depth: int) -> Iterator[Envelope]:
    history = document.get("history")
    raw = _first(document, "rawHistory", "raw_history")
    if isinstance(document.get("events"), list):
        yield replace(told, events=document["events"])
    elif isinstance(raw, list) and raw:
        yield replace(told, raw=tuple(raw))
    elif isinstance(history, list):
        yield replace(told, events=history)
    elif depth:
        for value in [history] if isinstance(history, dict) else document.values():
            yield from envelopes(value, told, depth - 1)


def _told(document: dict[str, Any], outer: Envelope) -> Envelope:
    """Add what this object tells of the histories in it."""
    execution = _first(document, "workflowExecution", "workflow_execution", "execution")
    named = {**execution, **document} if isinstance(execution, dict) else document
    return Envelope(
        _text(_first(named, "workflowId", "workflow_id")) or outer.workflow_id,
        _text(_first(named, "runId", "run_id")) or outer.run_id,
        bool(_first(document, "nextPageToken", "next_page_token")) or outer.one_page,
    )


def _first(document: dict[str, Any], *names: str) -> object:
    return next((document[name] for name in names if document.get(name)), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
