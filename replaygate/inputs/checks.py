"""Makes sure that a replay of an Event History ends, and that it proves something."""

from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from replaygate.events import ATTRIBUTES, CLOSING, COMMANDS, attributes_of, type_of
from replaygate.inputs.origins import DISORDER, check_origin, refers
from replaygate.inputs.pending import is_stuck
from replaygate.inputs.unpack import NotAHistory

UNKNOWN = "Unknown"  # the type of what the SDK does not know


def begun(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether Workflow code has run; if not, no code can break this Execution."""
    completed = any(type_of(event) == "WorkflowTaskCompleted" for event in events)
    return completed or bool(events and is_stuck(events))


def check(events: Sequence[HistoryEvent]) -> None:
    """Make sure that a replay of these Events ends, and that it can be trusted.

    Core panics on some of what is refused here and never answers; the rest would pass a replay
    whatever the code does. What has not begun is sound.

    Raises:
        NotAHistory: With one line that says what is wrong.
    """
    kinds = [type_of(event) for event in events]
    _check_order(events, kinds)
    for event, kind in zip(events, kinds, strict=True):
        _check_type(event, kind)
        check_origin(event, kinds)
    _check_tasks(events, kinds)
    _check_ends(kinds)
    started = events[0].workflow_execution_started_event_attributes
    if not started.original_execution_run_id:
        raise NotAHistory("Event 1 lacks originalExecutionRunId, from which random numbers come")
    if not started.HasField("task_queue"):
        raise NotAHistory("Event 1 lacks taskQueue, without which Core panics")


def _check_order(events: Sequence[HistoryEvent], kinds: Sequence[str]) -> None:
    """All Events are here, from the first on."""
    ids = [event.event_id for event in events]
    if not events:
        raise NotAHistory("it holds no Events")
    if len(ids) > 1 and ids == sorted(ids, reverse=True):
        raise NotAHistory("its newest Event comes first: download it without --reverse")
    if kinds[0] != "WorkflowExecutionStarted":
        raise NotAHistory(f"it begins with {kinds[0]}, not with WorkflowExecutionStarted")
    for number, event_id in enumerate(ids, 1):
        if event_id != number:
            raise NotAHistory(f"Event {event_id} stands where Event {number} belongs")


def _check_type(event: HistoryEvent, kind: str) -> None:
    """The Event tells what its type says. What the SDK does not know it may have to ignore."""
    if kind == UNKNOWN and event.worker_may_ignore:
        return
    name = (event.WhichOneof("attributes") or "").removesuffix(ATTRIBUTES)
    if not name or event.event_type != EventType.Value(f"EVENT_TYPE_{name.upper()}"):
        why = "its type is unknown, or does not match its attributes"
        raise NotAHistory(f"Event {event.event_id}: {why}")


def _check_tasks(events: Sequence[HistoryEvent], kinds: Sequence[str]) -> None:
    """What a Workflow Task led to stands directly behind its completion.

    The Temporal Service writes both at once, and behind them what arrived in the meantime; the
    SDK's Replayer does not look at it.
    """
    task = 0  # the completion behind which this stands directly
    for event, kind in zip(events, kinds, strict=True):
        if kind == "WorkflowTaskCompleted":
            task = event.event_id
            _check_completion(event, kinds)
        elif kind in COMMANDS:
            # The time-skipping server names the start of a Workflow Task, not its completion.
            named = getattr(attributes_of(event), "workflow_task_completed_event_id", task)
            if not task or named not in (task, task - 1):
                raise NotAHistory(
                    f"Event {event.event_id} does not stand directly behind the Workflow Task that "
                    f"led to it: {DISORDER}"
                )
        elif not _is_of_the_task(event, kind, events[event.event_id - 2]):
            task = 0


def _check_completion(event: HistoryEvent, kinds: Sequence[str]) -> None:
    """A Workflow Task is completed directly behind its start, the only thing that it may name."""
    number = event.event_id
    started = event.workflow_task_completed_event_attributes.started_event_id
    if kinds[number - 2] != "WorkflowTaskStarted":
        raise NotAHistory(f"Event {number} completes a Workflow Task that was not started")
    if started not in (0, number - 1):
        raise NotAHistory(refers(number, started))


def _is_of_the_task(event: HistoryEvent, kind: str, before: HistoryEvent) -> bool:
    """Tell whether a server may write this between the Commands of a Workflow Task.

    The time-skipping server cancels an Activity that has not started at once.
    """
    if kind == "ActivityTaskCanceled" and type_of(before) == "ActivityTaskCancelRequested":
        requested = before.activity_task_cancel_requested_event_attributes.scheduled_event_id
        return event.activity_task_canceled_event_attributes.scheduled_event_id == requested
    return kind == UNKNOWN  # and to be ignored


def _check_ends(kinds: Sequence[str]) -> None:
    """The Execution starts once, and nothing follows its end."""
    for number, kind in enumerate(kinds, 1):
        if kind == "WorkflowExecutionStarted" and number > 1:
            raise NotAHistory(f"Event {number} starts the Workflow Execution once more")
        if kind in CLOSING and number < len(kinds):
            raise NotAHistory(
                f"Event {number} closes the Workflow Execution, and more Events follow"
            )
