"""Converts the Events of a parsed document to what the SDK replays."""

import base64
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from google.protobuf.json_format import ParseError
from google.protobuf.message import DecodeError
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.client import WorkflowHistory

from replaygate.inputs import direct
from replaygate.inputs.unpack import NotAHistory

Events = Sequence[HistoryEvent]

# What the SDK raises. protobuf's SystemError is for half a surrogate pair in place of an enum.
UNREADABLE = (
    ParseError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    SystemError,
    TypeError,
    ValueError,
)
QUOTED = 200  # characters of what a parser says


class _Owned(dict[str, Any]):
    """What the SDK need not copy before it changes it."""

    def __deepcopy__(self, memo: object) -> "_Owned":
        return self


def from_json(events: list[Any]) -> Events:
    """Convert Events from parsed JSON, in either style of enums; the list is changed on the way.

    Raises:
        NotAHistory: These are no Events.
    """
    with suppress(direct.Unsure):
        return direct.converted(events)
    try:
        return WorkflowHistory.from_json("", _Owned(events=events)).events
    except UNREADABLE as error:
        raise NotAHistory(f"its Events can't be read: {quoted(error)}") from None


def from_blobs(blobs: Sequence[Any]) -> Events:
    """Parse ``rawHistory``, as the Service may answer: binary histories in base64, each a part.

    Raises:
        NotAHistory: These are no histories.
    """
    history = History()
    try:
        for blob in blobs:
            history.MergeFromString(base64.b64decode(blob["data"]))
    except (DecodeError, ValueError, TypeError, KeyError) as error:
        raise NotAHistory(f"its rawHistory can't be read: {quoted(error)}") from None
    return history.events


def quoted(error: Exception) -> str:
    """Return what a parser says in one line of bounded length."""
    return " ".join(str(error)[: 2 * QUOTED].split())[:QUOTED]
