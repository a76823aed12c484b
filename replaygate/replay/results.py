"""Compares a result with the recorded one, which a replay does not."""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaygate.events import type_of


class Incomparable(Exception):
    """A result can't be compared with the recorded one; one line that says why."""


async def difference(
    events: Sequence[HistoryEvent],
    returned: Payload | None,
    declared: type[Any] | None,
    converter: DataConverter,
    hide_values: bool,
) -> str:
    """Say in what the result differs from the recorded one; say nothing where it does not.

    Results are compared as values of the type that the Workflow's run method declares. None is
    named with ``hide_values``.

    Raises:
        Incomparable: The converter can't decode the recorded result, or a value fails.
    """
    if type_of(events[-1]) != "WorkflowExecutionCompleted" or returned is None:
        return ""
    closing = events[-1].workflow_execution_completed_event_attributes
    encoded = list(closing.result.payloads)
    may_quote = True  # whether what an error says may be told
    try:
        if converter.payload_codec:
            encoded = await converter.payload_codec.decode(encoded)
            may_quote = not hide_values
        recorded = encoded[0] if encoded else converter.payload_converter.to_payload(None)
        if recorded.data == returned.data:
            return ""
        then, now = (value(payload, declared, converter) for payload in (recorded, returned))
        if (
            is_equal(then, now)
            or converter.payload_converter.to_payload(then).data == returned.data
        ):
            return ""  # the latter: not-a-number, for one, equals nothing
        if hide_values:
            return "returns another result than the recorded one (--show-values prints both)"
        return f"returns {now!r} instead of {then!r}"
    except Exception as error:  # of a converter, which may quote what it can't take, or of a value
        said = " ".join(str(error).split()) if may_quote else ""
        words = said or type(error).__name__
        raise Incomparable(f"its recorded result can't be compared here: {words}") from error


def value(payload: Payload, declared: type[Any] | None, converter: DataConverter) -> Any:
    """Decode a payload that no codec hides."""
    return converter.payload_converter.from_payload(payload, declared)  # type: ignore[arg-type]


def is_equal(then: Any, now: Any) -> bool:
    """Tell whether two values are equal; true is not 1, as it is to Python."""
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(map(is_equal, then, now))
    if isinstance(then, dict) and isinstance(now, dict):
        return then.keys() == now.keys() and all(is_equal(then[key], now[key]) for key in then)
    return bool(then == now) and isinstance(then, bool) is isinstance(now, bool)
