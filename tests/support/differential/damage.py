"""Single changes to an Event History, sound ones among them."""

import random
from collections.abc import Callable, Iterator, Sequence

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from replaygate.events import attributes_of, type_of

Events = list[HistoryEvent]
Damage = Callable[[Events, random.Random], Events]


def cut(events: Events, chance: random.Random) -> Events:
    """Cut the end off."""
    return events[: chance.randrange(1, len(events))]


def dropped(events: Events, chance: random.Random) -> Events:
    """Leave out an Event."""
    at = chance.randrange(len(events))
    return numbered([*events[:at], *events[at + 1 :]])


def doubled(events: Events, chance: random.Random) -> Events:
    """Write an Event twice."""
    at = chance.randrange(len(events))
    return numbered([*events[: at + 1], copied(events[at]), *events[at + 1 :]])


def swapped(events: Events, chance: random.Random) -> Events:
    """Let two Events that follow each other change places."""
    at = chance.randrange(len(events) - 1)
    return numbered([*events[:at], events[at + 1], events[at], *events[at + 2 :]])


def renamed(events: Events, chance: random.Random) -> Events:
    """Give something another name."""
    found = [
        (value, field) for event in events for value, field in named(event) if getattr(value, field)
    ]
    if found:
        value, field = chance.choice(found)
        setattr(value, field, f"{getattr(value, field)}-renamed")
    return events


def named(event: HistoryEvent) -> Iterator[tuple[object, str]]:
    """Yield the names and ids that an Event holds: of which message, in which field."""
    told = attributes_of(event)
    for field in ("activity_type", "workflow_type", "workflow_execution"):
        if field in told.DESCRIPTOR.fields_by_name:
            name = "workflow_id" if field == "workflow_execution" else "name"
            yield getattr(told, field), name
    for field in ("activity_id", "timer_id", "signal_name", "marker_name", "workflow_id"):
        if field in told.DESCRIPTOR.fields_by_name:
            yield told, field
    for field in ("operation", "service", "endpoint", "protocol_instance_id"):
        if field in told.DESCRIPTOR.fields_by_name:
            yield told, field


def without_flags(events: Events, chance: random.Random) -> Events:
    """Take out what Core noted of itself, as if an older SDK had made the history."""
    for event in events:
        event.workflow_task_completed_event_attributes.sdk_metadata.ClearField("core_used_flags")
    return events


def tried_twice(events: Events, chance: random.Random) -> Events:
    """Let a Workflow Task time out before the one that was completed: a sound history."""
    starts = [at for at, event in enumerate(events) if type_of(event) == "WorkflowTaskStarted"]
    if not starts:
        return events
    at = chance.choice(starts)
    timed_out = HistoryEvent(
        event_id=events[at].event_id,
        event_time=events[at].event_time,
        event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    )
    told = timed_out.workflow_task_timed_out_event_attributes
    told.scheduled_event_id, told.started_event_id = events[at - 1].event_id, events[at].event_id
    again = [copied(events[at - 1]), copied(events[at])]
    first = [copied(events[at - 1]), copied(events[at]), timed_out]
    if type_of(events[at - 1]) != "WorkflowTaskScheduled":
        return events
    return numbered([*events[: at - 1], *first, *again, *events[at + 1 :]], again)


DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (cut, dropped, doubled, swapped, renamed, without_flags, tried_twice)
}


def copied(event: HistoryEvent) -> HistoryEvent:
    """Return a copy of an Event."""
    copy = HistoryEvent()
    copy.CopyFrom(event)
    return copy


def numbered(events: Sequence[HistoryEvent], latest: Sequence[HistoryEvent] = ()) -> Events:
    """Number the Events as they stand, and let them refer to each other by that.

    Of two Events that had the same number, others refer to the first, or to one of ``latest``.
    """
    now: dict[int, int] = {}
    for number, event in enumerate(events, 1):
        if event.event_id not in now or any(event is one for one in latest):
            now[event.event_id] = number
    for number, event in enumerate(events, 1):
        told = attributes_of(event)
        for field, value in told.ListFields():
            if field.name.endswith("_event_id") and value in now:
                setattr(told, field.name, now[value])
        event.event_id = number
    return [*events]


def damaged(
    events: Sequence[HistoryEvent], number: int, chance: random.Random
) -> Iterator[tuple[str, Events]]:
    """Yield so many changed histories, each with the name of the change."""
    for _ in range(number):
        name = chance.choice([*DAMAGES])
        changed = DAMAGES[name]([copied(event) for event in events], chance)
        yield name, changed
