"""The likely cause names what differs, also where two steps are called the same."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis import testimony
from replaygate.diagnosis.diagnosis import diagnose, reason
from replaygate.diagnosis.testimony import Given
from replaygate.verdict import Diagnosis
from tests.support.made import Giving, activity, completion, event, history, timer


def diagnosed(
    events: Sequence[HistoryEvent], given: Sequence[Given], later: Sequence[Given] = ()
) -> Diagnosis:
    """Diagnose Commands that do not fit a history, as far as their order tells."""
    said = testimony.Testimony(tuple(given), tuple(later))
    return diagnose(events, said, "[TMPRL1100]", mismatch=True)


def test_what_was_cancelled_is_removed() -> None:
    """A step that was removed takes its cancellation along; the Workflow ends as it ended."""
    cancelled = event("timer_canceled", started_event_id=5)
    told = diagnosed(
        history([timer(), cancelled, completion()]), [Giving()(3, "complete_workflow_execution")]
    )
    assert told.cause == "a Timer was removed"
    assert reason(told).startswith("Event 5 is TimerStarted")


def test_one_of_two_timers_is_cancelled_at_once() -> None:
    """Where a Timer was removed, it is another that is cancelled for that."""
    give = Giving()
    given = [give(3, "start_timer"), give(3, "cancel_timer", seq=1), give.activity(3, "say")]
    told = diagnosed(history([timer(), timer(), activity("say")]), given)
    assert told.cause == (
        "a Timer was removed, so that another Timer is cancelled in the Workflow Task that asks "
        "for it and leaves no Event"
    )


def test_a_timer_that_takes_another_time_is_cancelled_at_once() -> None:
    """How long a Timer takes is nothing that Core compares, and no id of it."""
    give = Giving()
    hour = timedelta(hours=1)
    given = [give(3, "start_timer", start_to_fire_timeout=hour), give(3, "cancel_timer", seq=1)]
    given.append(give.activity(3, "say"))
    told = diagnosed(history([timer(), activity("say")]), given)
    assert told.cause == (
        "a Timer is cancelled in the Workflow Task that asks for it, so that it leaves no Event"
    )


def test_what_comes_later() -> None:
    """Where the code asks for the same, but in a later Workflow Task, it says so."""
    give = Giving()
    events = history([activity("say"), activity("sing", "2")], [completion()])
    later = [give.activity(9, "sing", "2"), give(9, "complete_workflow_execution")]
    told = diagnosed(events, [give.activity(3, "say")], later)
    assert told.cause == ("the Activity sing comes later now: the code waits before it gets there")


def test_what_comes_later_behind_another() -> None:
    """So it is where that comes behind another step now: nobody put one before the other."""
    give = Giving()
    events = history(
        [activity("say"), activity("sing", "2")], [activity("hum", "3")], [completion()]
    )
    later = [give.activity(9, "hum", "2"), give.activity(10, "sing", "3")]
    later.append(give(13, "complete_workflow_execution"))
    told = diagnosed(events, [give.activity(3, "say")], later)
    assert told.cause == "the Activity sing comes later now: the code waits before it gets there"


def test_an_activity_that_returns_another_type() -> None:
    """Code that can't go on with the recorded result shows nothing of what follows."""
    events = history([activity("charge")], [activity("say", "2")], [completion()])
    told = diagnosed(events, [Giving().activity(3, "refund")])
    assert told.cause == (
        "the Activity charge was renamed to refund, or exchanged for it; "
        "or the Activity refund was added before it"
    )


def test_a_timer_that_is_cancelled_at_once() -> None:
    """Where its cancellation came later, that it comes at once is the whole cause."""
    give = Giving()
    cancelled = event("timer_canceled", started_event_id=5)
    events = history([timer()], [activity("say"), cancelled], [completion()])
    given = [give(3, "start_timer"), give(3, "cancel_timer", seq=1)]
    later = [give.activity(9, "say"), give(12, "complete_workflow_execution")]
    assert diagnosed(events, given, later).cause == (
        "a Timer is cancelled in the Workflow Task that asks for it, so that it leaves no Event"
    )


def test_a_wait_that_does_not_end() -> None:
    """What a handler gives while the run method waits is no change."""
    noted = event("workflow_properties_modified")
    events = history([activity("say"), activity("sing", "2"), noted, completion()])
    told = diagnosed(events, [], [Giving()(9, "modify_workflow_properties")])
    assert told.cause == "the Activity say was removed, or the code waits before it gets there"


def test_an_update_handler_that_waits_first() -> None:
    """An answer that no longer comes is no cause where its handler waits before."""
    give = Giving()
    accepted, given = update("one")
    answer = event("workflow_execution_update_completed")
    answer.workflow_execution_update_completed_event_attributes.meta.update_id = "one"
    events = history([accepted, activity("say")], [answer], [completion()])
    later = [give.activity(9, "say"), give(13, "complete_workflow_execution")]
    assert diagnosed(events, [given], later).cause == (
        "the Activity say comes later now: the code waits before it gets there"
    )


def test_ids_that_were_drawn_before_others() -> None:
    """Where all that differs is what was drawn, it is the first of it that the cause is about."""
    (was, child), (now, later) = (
        (str(uuid.UUID(int=n, version=4)), f"kid-{uuid.UUID(int=n + 1, version=4)}") for n in (1, 2)
    )
    events = history([activity("say", was)], [event(f"{CHILD}_initiated", workflow_id=child)])
    give = Giving()
    given = give.activity(3, "say", now), give(6, CHILD, workflow_id=later)
    assert diagnosed(events, given[:1], given[1:]).cause == (
        "the id of the Activity say is random, and a random number or uuid4 was added or removed "
        "before it"
    )


def started(kind: str, command: str, **told: Any) -> tuple[HistoryEvent, Given]:
    """Make an Event and its Command."""
    return event(kind, **told), Giving()(3, command, **told)


CHILD = "start_child_workflow_execution"
NEXUS = "nexus_operation_scheduled", "schedule_nexus_operation"


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        pytest.param(
            (activity("say", "one"), Giving().activity(3, "say", "one")),
            (activity("say", "two"), Giving().activity(3, "say", "two")),
            "the Activity say with id 'one' and the Activity say with id 'two'",
            id="activities",
        ),
        pytest.param(
            started(f"{CHILD}_initiated", CHILD, workflow_type="Kid", workflow_id="one"),
            started(f"{CHILD}_initiated", CHILD, workflow_type="Kid", workflow_id="two"),
            "the Child Workflow Kid with id 'one' and the Child Workflow Kid with id 'two'",
            id="children",
        ),
        pytest.param(
            started(*NEXUS, operation="ask", service="one"),
            started(*NEXUS, operation="ask", service="two"),
            "the Nexus Operation ask of service 'one' and the Nexus Operation ask of service 'two'",
            id="nexus",
        ),
    ],
)
def test_alike_steps_that_changed_places(
    one: tuple[HistoryEvent, Given], other: tuple[HistoryEvent, Given], cause: str
) -> None:
    """Two steps of one type are told apart by their ids or services."""
    end = Giving()(3, "complete_workflow_execution")
    told = diagnosed(history([one[0], other[0], completion()]), [other[1], one[1], end])
    assert told.cause == f"{cause} changed places"


def update(id: str) -> tuple[HistoryEvent, Given]:
    """Make an Update that was accepted, and the Command that accepts it."""
    made = event("workflow_execution_update_accepted", protocol_instance_id=id)
    made.workflow_execution_update_accepted_event_attributes.accepted_request.input.name = "set"
    given = Giving()(3, "update_response", protocol_instance_id=id)
    given.command.update_response.accepted.SetInParent()
    return made, given


def test_event_and_command_are_told_apart() -> None:
    """An Event and a Command of one name are told apart by their ids."""
    one, other = update("one"), update("two")
    said = testimony.Testimony((other[1], one[1]))
    told = diagnose(history([one[0], other[0]]), said, "[TMPRL1100] HistoryEvent(id: 5, X)", True)
    assert told.event == "WorkflowExecutionUpdateAccepted set with id 'one'"
    assert told.command == "UpdateResponse set with id 'two'"
