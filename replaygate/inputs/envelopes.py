"""Finds the Event Histories in a JSON document, and what stands around them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

DEPTH = 4  # an export, an item of it, an answer of the Service, a history


@dataclass(frozen=True)
class Envelope:
    """The Events of one history as they stand in the document, and what is told of them."""

    workflow_id: str = ""
    run_id: str = ""
    one_page: bool = False  # the Service has more of it
    events: Any = ()  # a list of JSON objects; None where a history should be and is not
    raw: tuple[Any, ...] = ()  # or binary, in base64


def envelopes(
    document: object, outer: Envelope = Envelope(), depth: int = DEPTH
) -> Iterator[Envelope]:
    """Yield what holds a history: an object with a list of "events", wherever it is.

    Known are the answer of the HTTP API, ``{"history": ...}``, the export of Temporal Cloud as
    JSON, ``{"items": [...]}``, and what projects make up, ``{"workflow_id": ..., "history": ...}``.
    The id that stands nearest to a history is its own. What should hold a history and does not
    counts as one that is missing: nobody would notice that it was never replayed.
    """
    if isinstance(document, dict):
        yield from _in_object(document, _told(document, outer), depth)
    elif isinstance(document, list) and depth:
        found = [list(envelopes(item, outer, depth - 1)) for item in document]
        if any(found):
            for of_item in found:
                yield from of_item or [replace(outer, events=None)]


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
        found = [one for value in document.values() for one in envelopes(value, told, depth - 1)]
        missing = not found and ("history" in document or "events" in document)
        yield from [replace(told, events=None)] if missing else found


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


def joined(found: Iterable[Envelope]) -> list[Envelope]:
    """Join the pages of one history that follow each other, as the Service gave them."""
    joined: list[Envelope] = []
    for one in found:
        page = joined[-1] if joined else one
        if page is not one and page.one_page and _goes_on(page.events, one.events):
            page.events.extend(one.events)
            joined[-1] = replace(page, one_page=one.one_page)
        else:
            joined.append(one)
    return joined


def _goes_on(page: Any, following: Any) -> bool:
    """Tell whether the first Event of one list has the next id after the last of another."""
    try:
        return int(page[-1]["eventId"]) + 1 == int(following[0]["eventId"])
    except (IndexError, KeyError, TypeError, ValueError):
        return False
