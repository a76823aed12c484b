"""Converts Events from parsed JSON in one pass, where nothing about them is out of the ordinary.

The SDK's way copies, mends and asks each descriptor anew, which takes seven times as long. What
is not plainly as the descriptors say is left to it, and so is every error.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from temporalio.api.history.v1 import History, HistoryEvent

from replaygate.inputs.scalars import SCALARS, Unsure, duration, enum, timestamp, unsure

__all__ = ["Unsure", "converted"]

Convert = Callable[[Any, int], Any]  # of a value in JSON, so many messages deep
Plan = dict[str, tuple[str, str, Convert]]  # by a field's name in JSON: name, oneof, conversion

DEEPEST = 50  # messages in messages; the SDK takes 100
WELL_KNOWN: dict[str, Convert] = {
    "google.protobuf.Timestamp": timestamp,
    "google.protobuf.Duration": duration,
}


def converted(events: Sequence[Any]) -> list[HistoryEvent]:
    """Convert Events, and leave what is given as it was.

    Raises:
        Unsure: Something is not plainly as the descriptors say.
    """
    convert = message(HistoryEvent.DESCRIPTOR)
    history = History()
    try:
        for event in events:
            history.events.add(**convert(event, 1))
    except (ValueError, TypeError, OverflowError) as error:
        raise Unsure from error
    return list(history.events)


@functools.cache
def message(kind: Descriptor) -> Convert:
    """Return what converts messages of a kind to the fields that they are made of."""
    if kind.full_name.startswith("google.protobuf."):
        return WELL_KNOWN.get(kind.full_name, unsure)
    plan: Plan = {}
    other_names: set[str] = set()

    def convert(given: Any, depth: int) -> dict[str, Any]:
        if type(given) is not dict or depth > DEEPEST:
            raise Unsure
        if not plan:  # not before: few kinds are needed, and one may hold others of itself
            plan.update((field.json_name, planned(field)) for field in kind.fields)
            other_names.update(field.name for field in kind.fields)
        made: dict[str, Any] = {}
        chosen: set[str] = set()
        for key, value in given.items():
            if key not in plan:
                if key in other_names or key.startswith("["):
                    raise Unsure
                continue  # from a newer server
            if value is None:
                continue
            name, oneof, how = plan[key]
            if oneof:
                if oneof in chosen:
                    raise Unsure
                chosen.add(oneof)
            made[name] = how(value, depth + 1)
        return made

    return convert


def planned(field: FieldDescriptor) -> tuple[str, str, Convert]:
    """Say how a field is converted."""
    oneof = field.containing_oneof.name if field.containing_oneof else ""
    if field.message_type and field.message_type.GetOptions().map_entry:
        return field.name, oneof, mapping(field.message_type)
    return field.name, oneof, several(one(field)) if field.is_repeated else one(field)


def one(field: FieldDescriptor) -> Convert:
    """Return what converts one value of a field."""
    if field.message_type:
        return message(field.message_type)
    if field.enum_type:
        numbers = {value.name: value.number for value in field.enum_type.values}
        return functools.partial(enum, numbers)
    return SCALARS.get(field.type, unsure)


def several(how: Convert) -> Convert:
    """Return what converts a list."""

    def convert(given: Any, depth: int) -> list[Any]:
        if type(given) is not list:
            raise Unsure
        return [how(value, depth) for value in given]

    return convert


def mapping(entry: Descriptor) -> Convert:
    """Return what converts a map from strings."""
    how = one(entry.fields_by_name["value"])

    def convert(given: Any, depth: int) -> dict[str, Any]:
        if type(given) is not dict:
            raise Unsure
        return {name: how(value, depth) for name, value in given.items()}

    return convert if entry.fields_by_name["key"].type == FieldDescriptor.TYPE_STRING else unsure
