"""Reads Event Histories in the forms in which people have them, told apart by content."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from temporalio.api.export.v1 import WorkflowExecutions
from temporalio.api.history.v1 import History
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryResponse

from replaygate.inputs.convert import Events, from_blobs, from_json, quoted
from replaygate.inputs.envelopes import Envelope, envelopes, joined
from replaygate.inputs.sniff import binary_level
from replaygate.inputs.unpack import NotAHistory, Source, contents

__all__ = ["Found", "NotAHistory", "read"]

# Temporal ends a Workflow Execution at 51,200 Events; a self-hosted Service may allow more.
MAX_EVENTS = 250_000
MAX_COST = 400_000_000  # bytes that the parsed JSON may take

# What a value costs in memory at least, by the character that comes with it.
COSTS = {"{": 240, "[": 72, ",": 64}

# How the smallest parts of a binary message begin, which take many times their size, and how many
# of them are taken. Values that are no part look like that once in a while.
PARTS = [b"\n" + bytes([length]) for length in range(9)]
MAX_PARTS = 2_000_000

# The Web UI's "Human Readable" download and the HTTP API's shorthand show what the others hold in
# base64; how, has changed.
PLAIN = re.compile(
    r'"encoding":\s*"(json|binary)/|"payloads":\s*\[\s*[^{\s\]]|"(input|result)":\s*\['
)
NO_EVENTS = 'it has no list of "events"'
ENCODED = (
    "its payloads are plain text: download it from the Web UI as Encoded, from the HTTP API as "
    "application/json+no-payload-shorthand"
)


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
    if binary_level(data):
        found = _from_binary(data)
    else:
        text = _decoded(data)
        del data  # they may be large
        found = _from_text(text)
        del text
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
        envelope.run_id or after_reset(events) or (told.original_execution_run_id if told else ""),
        events,
    )


def after_reset(events: Events) -> str:
    """Return the id of a run that a reset has begun; Event 1 tells the one before."""
    ids = [event.workflow_task_failed_event_attributes.new_run_id for event in events]
    return next(filter(None, reversed(ids)), "")


def _from_binary(data: bytes) -> list[Envelope]:
    """Parse the binary form of a history, of an answer of the Service, or of an export."""
    level = binary_level(data)
    if sum(data.count(part) for part in PARTS) > MAX_PARTS:
        raise NotAHistory("it is a binary message of more parts than any Event History has")
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


def _decoded(data: bytes) -> str:
    """Decode JSON in any encoding that it may have."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise NotAHistory(f"it is not JSON, or was cut off: {quoted(error)}") from None


def _from_text(text: str) -> list[Envelope]:
    """Parse JSON and find what holds Events in it."""
    if sum(text.count(character) * cost for character, cost in COSTS.items()) > MAX_COST:
        raise NotAHistory("it is JSON of more values than any Event History has")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAHistory(f"it is not JSON, or was cut off: {quoted(error)}") from None
    found = joined(envelopes(document))
    if not found and isinstance(document, list):
        raise NotAHistory('it is a bare list: an Event History is {"events": [...]}')
    if not found:
        raise NotAHistory(NO_EVENTS)
    if PLAIN.search(text) and any(PLAIN.search(json.dumps(one.events)) for one in found):
        raise NotAHistory(ENCODED)  # it was there, and not only around the Events
    return found


def _events(envelope: Envelope) -> Events:
    """Convert the Events, if all of them are here."""
    if envelope.one_page:
        raise NotAHistory("it is one page of an Event History, and the next is missing")
    if envelope.raw:
        return from_blobs(envelope.raw)
    if envelope.events is None:
        raise NotAHistory(NO_EVENTS)
    if len(envelope.events) > MAX_EVENTS:
        raise NotAHistory(f"it holds more than {MAX_EVENTS:,} Events")
    return from_json(envelope.events) if isinstance(envelope.events, list) else envelope.events
