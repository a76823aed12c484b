"""Which histories are sound enough for a replay to end, and to prove something."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from replaygate.inputs.checks import begun, check
from replaygate.inputs.formats import Found, NotAHistory, read
from replaygate.inputs.pending import is_told, refusal
from replaygate.inputs.sources import Source
from tests.recordings.scenarios import RECORDINGS
from tests.support.damaged import (
    REFUSED,
    TIMER,
    UNREPLAYABLE,
    history,
)

HERE = Path(__file__).parent
FROM_SERVERS = {
    path.stem: path
    for path in [
        *(recording.path for recording in RECORDINGS.values()),
        *HERE.glob("histories/*.json"),
        *HERE.glob("sound/*.json"),
    ]
}
KINDS = [*HistoryEvent.DESCRIPTOR.oneofs_by_name["attributes"].fields]
DISORDER = "Events are missing or out of order"


def found(content: bytes) -> Found:
    """Return the only history in this."""
    (one,) = read(Source("given", data=content))
    return one


def event(number: int, kind: str, **attributes: Any) -> HistoryEvent:
    """Make an Event of a kind like ``timer_started``, with these attributes."""
    made = HistoryEvent(event_id=number)
    made.event_type = EventType.Value(f"EVENT_TYPE_{kind.upper()}")
    told: Message = getattr(made, f"{kind}_event_attributes")
    told.SetInParent()
    for name, value in attributes.items():
        setattr(told, name, value)
    return made


def inserted(place: int, *more: HistoryEvent) -> list[HistoryEvent]:
    """Return the Events of the timer recording with one more, all numbers changed to fit."""
    events = [*found(history(TIMER)).events]
    for one in events:
        told = getattr(one, one.WhichOneof("attributes") or "")
        for name in [f.name for f, _ in told.ListFields() if f.name.endswith("_event_id")]:
            setattr(told, name, getattr(told, name) + (getattr(told, name) >= place))
        one.event_id += bool(more) and one.event_id >= place
    for one in more:
        one.event_id = place
    return [*events[: place - 1], *more, *events[place - 1 :]]


@pytest.mark.parametrize("path", FROM_SERVERS.values(), ids=FROM_SERVERS)
def test_what_servers_write_is_sound(path: Path) -> None:
    """What a server has recorded is sound, from a file and from the Service."""
    events = found(path.read_bytes()).events
    check(events)


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_damage_is_refused(content: bytes, words: str) -> None:
    """Anything that a replay could hang on, or could not prove anything with, is refused."""
    with pytest.raises(NotAHistory, match=words) as refused:
        check(found(content).events)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [c for c, _ in UNREPLAYABLE.values()], ids=UNREPLAYABLE)
def test_what_only_a_replay_can_refuse_is_sound(content: bytes) -> None:
    """A history that only the Workflow's code or its data converter can't take is for replay."""
    check(found(content).events)


def waits(*more: HistoryEvent) -> list[HistoryEvent]:
    """Return the Events of an Execution whose first Workflow Task gave no Command."""
    return [*found(history(TIMER[:4])).events, *more]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(waits(), id="for-its-first-signal"),
        pytest.param(waits(event(5, "workflow_execution_signaled")), id="signaled"),
        pytest.param(
            waits(
                event(5, "workflow_task_scheduled"),
                event(6, "workflow_task_started", scheduled_event_id=5),
            ),
            id="in-a-local-activity",
        ),
    ],
)
def test_an_open_execution_without_a_command_is_sound(events: list[HistoryEvent]) -> None:
    """An Execution that has given no Command yet waits, and a replay proves that it still does."""
    check(events)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_what_has_not_begun_is_sound(length: int) -> None:
    """Before a Workflow Task is completed no code can break an Execution."""
    events = found(history(TIMER[:length])).events
    assert not begun(events)
    check(events)


def test_an_execution_that_is_stuck_at_first_has_begun() -> None:
    """Where code made the first Workflow Task fail, a replay tells whether it still would."""
    path = FROM_SERVERS["stuck-at-first.dev-server-1.32.0"]
    events = found(path.read_bytes()).events
    assert begun(events)
    assert not begun(events[:3])


def test_what_the_service_refuses() -> None:
    """Its words are repeated while the Workflow Task waits, but not what a codec hides."""
    path = HERE / "cases/refused-by-the-service/Order.json"
    events = found(path.read_bytes()).events
    assert refusal(events, hidden=True) == "BAD_SEARCH_ATTRIBUTES"
    assert refusal(events, hidden=False).endswith("search attribute Customer")
    assert not refusal(events[:8], hidden=False)
    path = FROM_SERVERS["stuck-at-first.dev-server-1.32.0"]
    assert not refusal(found(path.read_bytes()).events, hidden=False)


def test_what_a_workflow_task_came_for() -> None:
    """A Workflow Task came for the Event before it, or for an Update that no Event tells of."""
    events = found(history(TIMER)).events
    assert [at for at in range(3, 11) if is_told(events[:at])] == [3, 6, 7, 8]
    assert not is_told([*events[:5], *events[6:8]])


TASK_STARTED = {4, 9, 15}  # behind these places only the Workflow Task's completion may stand


@pytest.mark.parametrize("place", sorted({*range(2, len(TIMER) + 1)} - TASK_STARTED))
def test_what_may_be_ignored_is_ignored(place: int) -> None:
    """An Event that the SDK does not know matters only if a Worker may not ignore it."""
    events = inserted(place, HistoryEvent(worker_may_ignore=True))
    check(events)
    events[place - 1].worker_may_ignore = False
    with pytest.raises(NotAHistory, match=f"Event {place}: its type is unknown"):
        check(events)


OUTSIDE = [
    "workflow_execution_signaled",
    "workflow_execution_cancel_requested",
    "workflow_execution_options_updated",
    "workflow_execution_update_admitted",
    "workflow_execution_paused",
    "workflow_task_scheduled",
]


@pytest.mark.parametrize("kind", OUTSIDE)
def test_nothing_stands_between_a_task_and_its_commands(kind: str) -> None:
    """What arrives during a Workflow Task stands behind its Commands; before them it is damage."""
    check(inserted(6, event(6, kind)))
    words = f"Event 6 does not stand directly behind the Workflow Task .*: {DISORDER}"
    with pytest.raises(NotAHistory, match=words):
        check(inserted(5, event(5, kind)))


def test_an_update_stands_behind_a_task() -> None:
    """An Update is accepted by a Workflow Task, although its Event does not say by which."""
    check(inserted(6, event(6, "workflow_execution_update_accepted")))
    with pytest.raises(NotAHistory, match=f"Event 7 does not stand directly .*: {DISORDER}"):
        check(inserted(7, event(7, "workflow_execution_update_accepted")))


def test_a_command_names_its_own_task() -> None:
    """A Command's Event that names another Workflow Task was moved."""
    events = inserted(99)
    events[9].activity_task_scheduled_event_attributes.workflow_task_completed_event_id = 4
    with pytest.raises(NotAHistory, match=f"Event 10 does not stand directly .*: {DISORDER}"):
        check(events)


@pytest.mark.parametrize(("activity", "sound"), [(5, True), (6, False)])
def test_an_activity_is_cancelled_behind_the_request(activity: int, sound: bool) -> None:
    """The time-skipping server cancels an Activity at once, between Commands; nothing else."""
    task = found(history(TIMER[:4])).events
    events = [
        *task,
        event(5, "activity_task_scheduled", workflow_task_completed_event_id=3),
        event(6, "activity_task_scheduled", workflow_task_completed_event_id=3),
        event(7, "activity_task_cancel_requested", scheduled_event_id=5),
        event(8, "activity_task_canceled", scheduled_event_id=activity, started_event_id=-1),
        event(9, "timer_started", workflow_task_completed_event_id=3),
    ]
    requested = events[6].activity_task_cancel_requested_event_attributes
    requested.workflow_task_completed_event_id = 3
    if sound:
        check(events)
    else:
        with pytest.raises(NotAHistory, match="Event 9 does not stand directly"):
            check(events)


# Every Event that belongs to another, and the attribute that says to which.
BELONGS = {
    field.name.removesuffix("_event_attributes"): pointer.name
    for field in KINDS
    for pointer in (field.message_type.fields if field.message_type else ())
    if pointer.name in ("scheduled_event_id", "initiated_event_id")
    or (pointer.name == "started_event_id" and field.name.startswith("timer_"))
}
del BELONGS["activity_properties_modified_externally"]  # for later; nothing writes it


@pytest.mark.parametrize("target", [0, -1, 1, 6, 99])
@pytest.mark.parametrize("kind", BELONGS)
def test_an_event_stands_behind_what_it_belongs_to(kind: str, target: int) -> None:
    """What an Event belongs to stands before it, or Core would not find it."""
    made = event(6, kind, **{BELONGS[kind]: target})
    with pytest.raises(NotAHistory, match=f"Event 6 refers to Event {target}, .*: {DISORDER}"):
        check([*found(history(TIMER[:5])).events, made])


def test_an_event_does_not_stand_before_what_it_belongs_to() -> None:
    """What an Event belongs to has to stand before it, not only somewhere."""
    events = inserted(6, event(6, "timer_fired", started_event_id=7))
    events.insert(6, event(7, "timer_started", workflow_task_completed_event_id=4))
    with pytest.raises(NotAHistory, match="Event 6 refers to Event 7"):
        check(events[:7])


@pytest.mark.parametrize("target", [0, -1, 1, 6, 99])
def test_what_core_does_not_look_at_may_be_anything(target: int) -> None:
    """What the Service leaves empty, or the time-skipping server gets wrong, is no damage."""
    events = inserted(99)
    for one in events:
        if one.HasField("activity_task_completed_event_attributes"):
            one.activity_task_completed_event_attributes.started_event_id = target
    failed = event(
        6,
        "signal_external_workflow_execution_failed",
        initiated_event_id=5,
        workflow_task_completed_event_id=target,
    )
    check(events)
    asked = event(5, "signal_external_workflow_execution_initiated")
    told = asked.signal_external_workflow_execution_initiated_event_attributes
    told.workflow_task_completed_event_id = 4
    check(waits(asked, failed))


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(KINDS), st.booleans()), max_size=8))
@settings(max_examples=150, deadline=None, database=None, derandomize=True)
def test_whatever_the_events_are_the_answer_is_one_line(made: list[tuple[int, Any, bool]]) -> None:
    """Of any Events it is said in one line what is wrong; no other exception leaves the checks."""
    events = []
    for number, (target, field, consistent) in enumerate(made, 1):
        kind = field.name.removesuffix("_event_attributes")
        events.append(event(number if consistent else target, kind))
        told = getattr(events[-1], field.name)
        for pointer in field.message_type.fields:
            if pointer.name.endswith("_event_id"):
                setattr(told, pointer.name, target)
    with pytest.raises(NotAHistory, match=r"^(its?|Event) [^\n]+$"):  # no eight of them are sound
        check(events)
