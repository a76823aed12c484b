"""What the gate makes of Events in JSON is what the SDK makes of them."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.client import WorkflowHistory

from replaygate.inputs.convert import from_json, quoted
from replaygate.inputs.direct import DEEPEST, WELL_KNOWN, Unsure, converted
from replaygate.inputs.unpack import NotAHistory
from tests.support.programs import ROOT

FILES = sorted(
    path
    for folder in ("histories", "tests/gate/histories", "tests/gate/sound")
    for path in (ROOT / folder).rglob("*.json")
)
THOROUGHLY = settings(max_examples=100, deadline=None, database=None, derandomize=True)
NUMBERS = [True, 0, -1, 3, 1.5, 2.0, 1e300, float("nan"), 2**31, 2**63, 2**70]
DIGITS = ["1", "-1", "--1", " 1", "1_0", "1.0", "1e2", "\u0661", "²", "9" * 30, "9" * 5_000]
BASE64 = ["YQ", "YQ==", "YQ=", "Y-_w", "Y+/w", "Y!Q=", "YQ==YQ==", "YQ==A", "YQ==AAA", "é"]
SECONDS = ["5s", "-5s", "-1.5s", "1.5s", ".5s", "1.0123456789s", "s", "1.s", "999999999999s"]
TIMES = [
    f"2026-02-{rest}"
    for rest in (
        *("28T01:02:03Z", "30T01:02:03Z", "28T01:02:03.123456789Z", "28T01:02:03.1234567891Z"),
        *("28T01:02:03+01:00", "28t01:02:03Z", "28T01:02:60Z", "28T01:02Z", "28T1:2:3Z", "28"),
    )
]
ENUMS = ["TimerStarted", "EVENT_TYPE_TIMER_STARTED", "EVENT_TYPE_OF_TOMORROW", "Timeout"]
WHOLES = [[], [None], [{}], {}, {"a": None}, {"a": {}}, {"": "YQ=="}, {"payloads": [{}]}]
TEXTS = ["", "true", "\ud800", "ok\udfff", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9Z"]
ODD: list[Any] = [None, *NUMBERS, *DIGITS, *BASE64, *SECONDS, *TIMES, *ENUMS, *WHOLES, *TEXTS]
NAMES = ["eventId", "event_id", "ofTomorrow", "[of.tomorrow]", "timerStartedEventAttributes"]


def by_the_sdk(events: list[Any]) -> bytes | str:
    """Return what the SDK reads, or what it says."""
    try:
        read = WorkflowHistory.from_json("", {"events": copy.deepcopy(events)}).events
    except Exception as error:
        return f"its Events can't be read: {quoted(error)}"
    return serialized(read)


def by_the_gate(events: list[Any]) -> bytes | str:
    """Return what the gate reads, or what it says."""
    try:
        return serialized(from_json(copy.deepcopy(events)))
    except NotAHistory as error:
        return str(error)


def serialized(events: Any) -> bytes:
    return History(events=events).SerializeToString(deterministic=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_is_read_directly(path: Path) -> None:
    """Nothing in a history that a server wrote is left to the SDK."""
    events = json.loads(path.read_text())["events"]
    before = copy.deepcopy(events)
    assert serialized(converted(events)) == by_the_sdk(events)
    assert events == before


def made(draw: st.DataObject, kind: Descriptor, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield fields for a message of a kind, few of them the deeper it stands."""
    fields = [field for field in kind.fields if depth < 5 or not field.message_type]
    for field in draw.draw(
        st.lists(st.sampled_from(fields), max_size=4) if fields else st.just([])
    ):
        value = value_for(draw, field, depth)
        if field.message_type and field.message_type.GetOptions().map_entry:
            of = field.message_type.fields_by_name["value"]
            yield field.name, {key: value_for(draw, of, depth) for key in ("", "key")}
        else:
            yield field.name, [value] if field.is_repeated else value


def value_for(draw: st.DataObject, field: FieldDescriptor, depth: int) -> Any:
    """Return a value that a field can hold."""
    if field.enum_type:
        return draw.draw(st.sampled_from([value.number for value in field.enum_type.values]))
    if not field.message_type:
        return draw.draw(PLAIN[field.type])
    if field.message_type.full_name in WELL_KNOWN:
        seconds = draw.draw(st.integers(0, 99_999_999_999))
        return {"seconds": seconds, "nanos": draw.draw(st.integers(0, 999_999_999))}
    return dict(made(draw, field.message_type, depth + 1))


PLAIN: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_STRING: st.text(max_size=5),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=5),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_DOUBLE: st.floats(-1e37, 1e37),
    FieldDescriptor.TYPE_FLOAT: st.floats(-(2.0**100), 2.0**100, width=32),
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
}


@given(st.data())
@THOROUGHLY
def test_whatever_protobuf_writes_is_read_directly(draw: st.DataObject) -> None:
    """Each field of each Event is read as the SDK reads it, and not left to it."""
    event = MessageToDict(HistoryEvent(**dict(made(draw, HistoryEvent.DESCRIPTOR))))
    assert serialized(converted([event])) == by_the_sdk([event])


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what holds a value in a document, and under which name or number."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 9_999), st.sampled_from(ODD)), max_size=3),
    st.lists(st.tuples(st.integers(0, 9_999), st.sampled_from(NAMES)), max_size=1),
)
@THOROUGHLY
def test_the_gate_reads_nothing_otherwise_than_the_sdk(
    path: Path, values: list[tuple[int, Any]], names: list[tuple[int, str]]
) -> None:
    """Whatever else stands in a history, the SDK has the last word, and the same words."""
    events = json.loads(path.read_text())["events"]
    for place, odd in values:
        there = list(places(events))
        holder, key = there[place % len(there)]
        holder[key] = copy.deepcopy(odd)
    for place, name in names:
        there = [(holder, key) for holder, key in places(events) if isinstance(holder, dict)]
        if there:
            holder, key = there[place % len(there)]
            holder[name] = holder.pop(key) if place % 2 else copy.deepcopy(holder[key])
    assert by_the_gate(events) == by_the_sdk(events)


def fields_within(kind: Descriptor, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the fields of messages and of those in them, each with the way to it."""
    for field in kind.fields:
        yield path, field
        if field.message_type and len(path) < 3 and not field.is_repeated:
            yield from fields_within(field.message_type, (*path, field.json_name))


# One field of each type that is converted in its own way, and where it stands.
FIELDS = {
    (
        field.type,
        field.is_repeated,
        field.message_type and field.message_type.GetOptions().map_entry,
        field.message_type and field.message_type.full_name in WELL_KNOWN and field.message_type,
        bool(field.containing_oneof),
    ): (path, field)
    for path, field in fields_within(HistoryEvent.DESCRIPTOR)
}


def event_with(path: tuple[str, ...], fields: dict[str, Any]) -> list[Any]:
    """Return an Event with these fields, so deep in it."""
    for name in reversed(path):
        fields = {name: fields}
    return [fields]


@pytest.mark.parametrize(("path", "field"), FIELDS.values(), ids=range(len(FIELDS)))
def test_no_odd_value_is_read_otherwise(path: tuple[str, ...], field: FieldDescriptor) -> None:
    """Any odd value of any type of field is read or refused as the SDK does, by either name."""
    for odd in ODD:
        for value in (odd, [odd], {"key": odd}):
            for fields in ({field.json_name: value}, {field.name: value}):
                events = event_with(path, fields)
                assert by_the_gate(events) == by_the_sdk(events), events


def test_no_field_is_told_twice() -> None:
    """What tells a field twice, or two of which there can be one, is left to the SDK."""
    attributes: dict[str, Any] = {
        f"{kind}EventAttributes": {} for kind in ("timerStarted", "timerFired")
    }
    for events in ([attributes], [{"eventId": "1", "event_id": "2"}], [{"[of.tomorrow]": 1}]):
        assert by_the_gate(events) == by_the_sdk(events)
        with pytest.raises(Unsure):
            converted(events)


@pytest.mark.parametrize("depth", [1, DEEPEST - 3, DEEPEST, 95, 99, 150, 2_000])
def test_deep_causes_are_read_or_refused_as_the_sdk_does(depth: int) -> None:
    """A failure may have a cause that has a cause; a hundred are too many."""
    failure: dict[str, Any] = {"message": "x"}
    for _ in range(depth):
        failure = {"cause": failure}
    events = [{"workflowExecutionFailedEventAttributes": {"failure": failure}}]
    try:
        assert serialized(converted(events)) == by_the_sdk(events)
    except Unsure:
        assert depth > DEEPEST - 4
    try:
        expected = copy.deepcopy(events)
    except RecursionError:
        return
    assert by_the_gate(events) == by_the_sdk(expected)
