"""Recordings with random damage: what the gate must never do, whatever it is given."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from replaygate.events import COMMANDS, detail_of, type_of
from tests.recordings.contents import loaded
from tests.recordings.scenarios import RECORDINGS, SCENARIOS
from tests.support.damaged import Event, history, recording
from tests.support.programs import GATE, clean_environment, compiled
from tests.support.zygote import called

NAMES = [scenario.name for scenario in SCENARIOS if scenario.replays and not scenario.keys]
BATCH = 80  # histories that one run of the gate is given
REFERENCES = ("scheduledEventId", "startedEventId", "workflowTaskCompletedEventId")
TYPES = sorted({event["eventType"] for name in NAMES for event in recording(name)})


def attributes(event: Event) -> str:
    """Return the name of the field with what the Event tells of."""
    return next(field for field in event if field.endswith("EventAttributes"))


def drop(events: list[Event], first: int, _: int) -> list[Event]:
    return events[:first] + events[first + 1 :]


def duplicate(events: list[Event], first: int, second: int) -> list[Event]:
    return [*events[:second], events[first], *events[second:]]


def swap(events: list[Event], first: int, second: int) -> list[Event]:
    changed = [*events]
    changed[first], changed[second] = events[second], events[first]
    return changed


def truncate(events: list[Event], first: int, _: int) -> list[Event]:
    return events[:first]


def cut_out(events: list[Event], first: int, second: int) -> list[Event]:
    return events[: min(first, second)] + events[max(first, second) :]


def retype(events: list[Event], first: int, second: int) -> list[Event]:
    """Give an Event another type, but not what an Event of that type tells of."""
    changed = events[first] | {"eventType": TYPES[second % len(TYPES)]}
    return [*events[:first], changed, *events[first + 1 :]]


def retell(events: list[Event], first: int, second: int) -> list[Event]:
    """Give an Event the type of another, and the name of what that one tells of."""
    field = attributes(events[first])
    kept = {key: value for key, value in events[first].items() if key != field}
    told = {
        "eventType": events[second]["eventType"],
        attributes(events[second]): events[first][field],
    }
    return [*events[:first], kept | told, *events[first + 1 :]]


DAMAGES = (drop, duplicate, swap, truncate, cut_out, retype, retell)


def renumbered(events: list[Event], refer: bool) -> list[Event]:
    """Number the Events as they stand; with ``refer`` let them refer to each other by that."""
    now = {event["eventId"]: str(number) for number, event in enumerate(events, 1)}
    changed = []
    for number, event in enumerate(events, 1):
        field = attributes(event)
        told = dict(event[field])
        if refer:
            told = {
                key: now.get(value, value) if key in REFERENCES else value
                for key, value in told.items()
            }
        changed.append(event | {"eventId": str(number), field: told})
    return changed


class Damaged:
    """A recording's name, and what became of its Events: too many to be shown where one is red."""

    def __init__(self, name: str, events: list[Event]) -> None:
        self.name = name
        self.events = events

    def __repr__(self) -> str:
        return f"Damaged({self.name!r}, ...)"


@st.composite
def damaged(draw: st.DrawFn) -> Damaged:
    """Draw a recording, damaged once or twice, renumbered or not."""
    name = draw(st.sampled_from(NAMES))
    events = recording(name)
    for damage in draw(st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=2)):
        if not events:
            break
        place = st.integers(0, len(events) - 1)
        events = damage(events, draw(place), draw(place))
    numbering = draw(st.sampled_from(["as they were", "anew", "anew, and what refers to them"]))
    if numbering != "as they were":
        events = renumbered(events, refer=numbering != "anew")
    return Damaged(name, events)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


def outcomes(folder: Path, histories: list[list[Event]]) -> dict[Path, str]:
    """Let one run of the gate replay these histories; return their files, and what came of each.

    However they are damaged, it ends with one of its statuses, and gives none up.
    """
    files = [folder / f"{number}.json" for number in range(len(histories))]
    for file, events in zip(files, histories, strict=True):
        file.write_bytes(history(events))
    command = [*GATE, *map(str, files), "--json", "--jobs", "2"]
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        running = called(command, compiled(), clean_environment(folder))
        status, out, err = loop.run_until_complete(running)
    assert err == ""
    document = json.loads(out)
    assert status == document["status"]
    found = {entry["name"]: entry for entry in document["histories"]}
    assert not [entry for entry in found.values() if "no answer" in entry["reason"]]
    return {file: found[str(file)]["outcome"] for file in files}


def commands(events: Sequence[HistoryEvent]) -> list[tuple[str, str]]:
    """Return the Events that record Commands, each with what it tells of."""
    return [(type_of(event), detail_of(event)) for event in events if type_of(event) in COMMANDS]


def only_heartbeats(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether nothing but another Workflow Task follows from each that was completed."""
    kinds = [type_of(event) for event in events]
    follow = {then for now, then in pairwise(kinds) if now == "WorkflowTaskCompleted"}
    return follow == {"WorkflowTaskScheduled"}


def recorded(name: str) -> Sequence[HistoryEvent]:
    return loaded(RECORDINGS[f"{name}.python-1.35.0"]).events


@given(st.lists(damaged(), min_size=BATCH, max_size=BATCH))
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # to shrink eighty histories takes minutes
    suppress_health_check=[*HealthCheck],
)
def test_no_damage_passes_for_a_recording(folder: Path, histories: list[Damaged]) -> None:
    """A damaged recording never hangs the gate, and replays only if its Commands are whole.

    They are if they are those of the recording, in its order, from the first one on, none left out
    but at the end: an Execution that is still open has given fewer Commands. One may have given
    none if its Workflow Tasks are heartbeats of a Local Activity, which Core passes over.
    """
    found = outcomes(folder, [each.events for each in histories])
    assert set(found.values()) <= {"replays", "incompatible", "unverified", "not_begun"}
    for each, (file, outcome) in zip(histories, found.items(), strict=True):
        if outcome == "replays":
            events = WorkflowHistory.from_json("", file.read_text()).events
            told = commands(events)
            assert told or only_heartbeats(events), each
            assert told == commands(recorded(each.name))[: len(told)], each


def test_a_beginning_replays_if_it_was_a_history_once(folder: Path) -> None:
    """A recording that was cut off replays if, and only if, it is a history of the open Execution.

    The Temporal Service records a completed Workflow Task and all its Commands at once. So a
    beginning was a history once if it ends neither between a Workflow Task's completion and its
    last Command, nor before the first Command, which is where a replay would prove nothing. Before
    the first Workflow Task was completed, it has not begun.
    """
    histories, expected = [], []
    for name in NAMES:
        events = recorded(name)
        for cut in range(1, len(events) + 1):
            cut_in_task = bool(commands(events[cut : cut + 1]))
            histories.append(recording(name)[:cut])
            proves = commands(events[:cut]) and not cut_in_task
            begun = "WorkflowTaskCompleted" in map(type_of, events[:cut])
            unproven = "unverified" if begun else "not_begun"
            expected.append((name, cut, "replays" if proves else unproven))
    found = outcomes(folder, histories).values()
    assert [
        (name, cut, outcome) for (name, cut, _), outcome in zip(expected, found, strict=True)
    ] == expected
