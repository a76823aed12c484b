"""Damaged Event Histories, derived from recordings: for the tests of the gate."""

import json
from typing import Any

from tests.recordings.scenarios import RECORDINGS, SSN

Event = dict[str, Any]

ENCODED = "bm8vc3VjaA=="  # "no/such"
HUMAN_READABLE = {"metadata": {"encoding": "json/plain"}, "data": f'"{SSN}"'}


def recording(name: str) -> list[Event]:
    """Return the Events of one of today's recordings, as JSON, to be changed at will."""
    text = RECORDINGS[f"{name}.python-1.35.0"].path.read_text()
    events: list[Event] = json.loads(text)["events"]
    return events


def renumbered(events: list[Event]) -> list[Event]:
    """Number the Events as they stand, so that only what they hold gives the damage away."""
    return [event | {"eventId": str(number)} for number, event in enumerate(events, 1)]


def started(events: list[Event]) -> Event:
    """Return what the first Event tells of."""
    attributes: Event = events[0]["workflowExecutionStartedEventAttributes"]
    return attributes


def without_task_queue() -> list[Event]:
    """Leave out what Core can't do without."""
    events = recording("timer")
    del started(events)["taskQueue"]
    return events


def with_type(name: str) -> list[Event]:
    """Give the Event of the Timer's start another type."""
    events = recording("timer")
    events[4]["eventType"] = name
    return events


def with_reference(place: int, event_id: int) -> list[Event]:
    """Let the completion of a Workflow Task refer to another start than its own."""
    events = recording("timer")
    events[place]["workflowTaskCompletedEventAttributes"]["startedEventId"] = str(event_id)
    return events


def with_input(payload: object) -> list[Event]:
    events = recording("timer")
    started(events)["input"]["payloads"][0] = payload
    return events


def with_start(**attributes: object) -> list[Event]:
    """Change what the first Event tells of; None removes it."""
    events = recording("timer")
    for name, value in attributes.items():
        started(events).pop(name, None)
        if value is not None:
            started(events)[name] = value
    return events


def history(events: object) -> bytes:
    return json.dumps({"events": events}).encode()


TIMER = recording("timer")

# Content, and the words that tell what is wrong with it. A history is refused before it is
# replayed.
REFUSED: dict[str, tuple[bytes, str]] = {
    "not-json": (b"hello", "not JSON, or was cut off: Expecting value: line 1"),
    "not-text": (bytes(range(256)), "not JSON, or was cut off"),
    "truncated": (history(TIMER)[:3000], "not JSON, or was cut off"),
    "nested-deeply": (b"[" * 200_000, "not JSON, or was cut off: maximum recursion depth"),
    "empty": (b"", "it is empty"),
    "blank": (b" \n", "it is empty"),
    "empty-object": (b"{}", 'no list of "events"'),
    "null": (b"null", 'no list of "events"'),
    "null-events": (history(None), 'no list of "events"'),
    "number-events": (history(1), 'no list of "events"'),
    "wrapped": (b'{"history": {"events": []}}', "holds no Events"),
    "bare-list": (json.dumps(TIMER).encode(), "a bare list"),
    "no-events": (history([]), "holds no Events"),
    "null-event": (history([*TIMER[:4], None]), "can't be read"),
    "text-event": (history([*TIMER[:4], "TimerStarted"]), "can't be read"),
    "no-task-queue": (history(without_task_queue()), "lacks taskQueue, without which Core panics"),
    "first-missing": (history(TIMER[1:]), "begins with WorkflowTaskScheduled"),
    "first-missing-renumbered": (
        history(renumbered(TIMER[1:])),
        "begins with WorkflowTaskScheduled",
    ),
    "newest-first": (history(TIMER[::-1]), "download it without --reverse"),
    "newest-first-renumbered": (history(renumbered(TIMER[::-1])), "begins with "),
    "gap": (history(TIMER[:5] + TIMER[6:]), "Event 7 stands where Event 6 belongs"),
    "gap-renumbered": (history(renumbered(TIMER[:5] + TIMER[6:])), "missing or out of order"),
    "duplicate": (history(TIMER[:6] + TIMER[5:]), "Event 6 stands where Event 7 belongs"),
    "duplicate-renumbered": (
        history(renumbered(TIMER[:6] + TIMER[5:])),
        "missing or out of order",
    ),
    "duplicate-at-end": (history(renumbered([*TIMER, TIMER[-1]])), "Event 16 closes"),
    "disorder": (
        history([*TIMER[:4], TIMER[5], TIMER[4], *TIMER[6:]]),
        "Event 6 stands where Event 5 belongs",
    ),
    "disorder-renumbered": (
        history(renumbered([*TIMER[:4], TIMER[5], TIMER[4], *TIMER[6:]])),
        "missing or out of order",
    ),
    "reference-to-later": (history(with_reference(3, 8)), "Event 4 refers to Event 8"),
    "reference-to-nothing": (history(with_reference(3, 99)), "Event 4 refers to Event 99"),
    "reference-to-another-type": (history(with_reference(3, 2)), "Event 4 refers to Event 2"),
    "started-twice": (
        history(renumbered([*TIMER[:5], TIMER[0]])),
        "Event 6 starts the Workflow Execution once more",
    ),
    "task-not-started": (
        history(renumbered([*TIMER[:7], TIMER[8]])),
        "Event 8 completes a Workflow Task that was not started",
    ),
    "unknown-type": (history(with_type("EVENT_TYPE_NO_SUCH")), "Event 5: its type is unknown"),
    "unknown-old-type": (history(with_type("NoSuch")), "Event 5: its type is unknown"),
    "another-type": (history(with_type("EVENT_TYPE_TIMER_FIRED")), "does not match its attributes"),
    "human-readable": (history(with_input(HUMAN_READABLE)), "download it .* as Encoded"),
    "human-readable-bare": (history(with_input(SSN)), "download it .* as Encoded"),
    "human-readable-list": (history(with_start(input=[SSN])), "download it .* as Encoded"),
    "no-run-id": (
        history(with_start(originalExecutionRunId=None)),
        "Event 1 lacks originalExecutionRunId, from which random numbers come",
    ),
}

# These are Event Histories, which nobody can replay here.
UNREPLAYABLE: dict[str, tuple[bytes, str]] = {
    "unknown-encoding": (
        history(with_input({"metadata": {"encoding": ENCODED}, "data": ""})),
        "Unknown payload encoding no/such",
    ),
    "no-encoding": (history(with_input({})), "Unknown payload encoding <unknown>"),
    "not-registered": (
        history(with_start(workflowType={"name": "Stranger"})),
        "Stranger is not registered .* BackgroundCheck",
    ),
    "no-command": (history(TIMER[:4]), "its end lacks StartTimer"),
    "cut-after-task": (history(TIMER[:9]), "its end lacks ScheduleActivityTask"),
}
