"""Reads Event Histories in the forms in which people have them, told apart by content."""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseError
from google.protobuf.message import DecodeError
from temporalio.api.export.v1 import WorkflowExecutions
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryResponse
from temporalio.client import WorkflowHistory

from replaygate.envelopes import Envelope, envelopes
from replaygate.sniff import binary_level
from replaygate.unpack import NotAHistory, Source, contents

__all__ = ["Found", "NotAHistory", "read"]

Events = Sequence[HistoryEvent]

# Temporal ends a Workflow Execution at 51,200 Events; a self-hosted Service may allow more.
MAX_EVENTS = 250_000
MAX_COST = 400_000_000  # bytes that the parsed JSON may take

# What a value costs in memory at least, by the character that comes with it.
COSTS = {"{": 240, "[": 72, ",": 64}

# The Web UI's "Human Readable" download shows what the others hold in base64; how, has changed.
HUMAN_READABLE = re.compile(
    r'"encoding":\s*"(json|binary)/|"payloads":\s*\[\s*[^{\s\]]|"(input|result)":\s*\['
)

QUOTED = 200  # characters of what a parser says


@dataclass(frozen=True)
class Found:
    """One Event History, and what is told with it."""

    label: str  # which of several in the source, "#2" for one; empty if it holds only one
    workflow_id: str  # empty if nothing tells it; never guessed from the file's name
    run_id: str  # empty if unknown
    events: Events


def read(source: Source) -> Iterator[Found]:
    """Yield the Event Histories that a Source holds, one after the other.

    Whether they are sound is for ``checks.check``.

    Raises:
        NotAHistory: One of them can't be read; those behind it were not looked at.
    """
    data = contents(source)
    if not data.strip():
        raise NotAHistory("it is empty")
    found = _from_binary(data) if binary_level(data) else _from_text(data)
    del data
    for number, envelope in enumerate(found, 1):
        label = f"#{number}" if len(found) > 1 else ""
        try:
            events = _events(envelope)
        except NotAHistory as error:
            raise NotAHistory(f"{label}: {error}" if label else str(error)) from None
        yield _found(label, envelope, events, source)


def _found(label: str, envelope: Envelope, events: Events, source: Source) -> Found:
    """Prefer the Workflow Id that Event 1 tells: code may make other ids from it."""
    told = events[0].workflow_execution_started_event_attributes if events else None
    return Found(
        label,
        (told.workflow_id if told else "") or envelope.workflow_id or source.workflow_id,
        envelope.run_id or (told.original_execution_run_id if told else ""),
        events,
    )


def _from_binary(data: bytes) -> list[Envelope]:
    """Parse the binary form of a history, of an answer of the Service, or of an export."""
    level = binary_level(data)
    try:
        if level == 3:
            export = WorkflowExecutions.FromString(data)
            return [Envelope(events=item.history.events) for item in export.items]
        if level == 2:
            page = GetWorkflowExecutionHistoryResponse.FromString(data)
            return [Envelope(events=page.history.events, one_page=bool(page.next_page_token))]
        return [Envelope(events=History.FromString(data).events)]
    except (DecodeError, MemoryError):
        raise NotAHistory("it is a binary Event History that was cut off or damaged") from None


def _from_text(data: bytes) -> list[Envelope]:
    """Parse JSON and find what holds Events in it."""
    document = _parsed(data)
    found = list(envelopes(document))
    if not found and isinstance(document, list):
        raise NotAHistory('it is a bare list: an Event History is {"events": [...]}')
    if not found:
        raise NotAHistory('it has no list of "events"')
    return found


def _parsed(data: bytes) -> object:
    """Parse JSON in any encoding that it may have, if that takes a bounded amount of memory."""
    try:
        text = data.decode(json.detect_encoding(data))
        if sum(text.count(character) * cost for character, cost in COSTS.items()) > MAX_COST:
            raise NotAHistory("it is JSON of more values than any Event History")
        if HUMAN_READABLE.search(text):
            raise NotAHistory("its payloads are plain text: download it from the Web UI as Encoded")
        return json.loads(text)
    except NotAHistory:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotAHistory(f"it is not JSON, or was cut off: {_quoted(error)}") from None


def _events(envelope: Envelope) -> Events:
    """Convert the Events, if all of them are here."""
    if envelope.one_page:
        raise NotAHistory("it is one page of an Event History, and the next is missing")
    if envelope.raw:
        return _from_blobs(envelope.raw)
    if len(envelope.events) > MAX_EVENTS:
        raise NotAHistory(f"it holds more than {MAX_EVENTS:,} Events")
    return _from_json(envelope.events) if isinstance(envelope.events, list) else envelope.events


def _from_blobs(blobs: Sequence[Any]) -> Events:
    """Parse ``rawHistory``, as the Service may answer: binary histories, each a part."""
    history = History()
    try:
        for blob in blobs:
            history.MergeFromString(base64.b64decode(blob["data"]))
    except (DecodeError, ValueError, TypeError, KeyError) as error:
        raise NotAHistory(f"its rawHistory can't be read: {_quoted(error)}") from None
    return history.events


class _Owned(dict[str, Any]):
    """What the SDK need not copy before it changes it."""

    def __deepcopy__(self, memo: object) -> "_Owned":
        return self


def _from_json(events: list[Any]) -> Events:
    """Convert parsed JSON, in either style of enums."""
    try:
        return WorkflowHistory.from_json("", _Owned(events=events)).events
    except (ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise NotAHistory(f"its Events can't be read: {_quoted(error)}") from None


def _quoted(error: Exception) -> str:
    """Return what a parser says in one line of bounded length."""
    return " ".join(str(error)[: 2 * QUOTED].split())[:QUOTED]
