"""Where Events and Commands part: matched one by one, as Core matches them."""

from collections.abc import Sequence

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.comparison import Difference, compare
from replaygate.diagnosis.expectation import core_flags, expectation
from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.testimony import Given
from tests.support.made import Giving, activity, completion, event, history, timer


def compared(events: Sequence[HistoryEvent], given: Sequence[Given], named: int = 0) -> Difference:
    """Compare a history with Commands."""
    steps = expectation(given, events).steps
    return compare(recorded_steps(events), steps, core_flags(events), named)


def marker(name: str, key: str, json: bytes) -> HistoryEvent:
    """Make a Marker as Core writes it."""
    made = event("marker_recorded", marker_name=name)
    details = made.marker_recorded_event_attributes.details
    details[key].payloads.append(Payload(data=json))
    return made


def patch(id: str, deprecated: bool = False) -> HistoryEvent:
    """Make the Marker of a patch."""
    json = f'{{"id":"{id}","deprecated":{str(deprecated).lower()}}}'
    return marker("core_patch", "patch-data", json.encode())


def local(seq: int, name: str) -> HistoryEvent:
    """Make the Marker of a Local Activity."""
    json = f'{{"seq":{seq},"activity_type":"{name}","activity_id":"{seq}"}}'
    return marker("core_local_activity", "data", json.encode())


def test_what_suits_has_no_difference() -> None:
    """Commands of the same kinds, types and ids in the same order suit a history."""
    give = Giving()
    events = history([activity("say"), timer()], [completion()])
    given = [
        give.activity(3, "say"),
        give(3, "start_timer"),
        give(8, "complete_workflow_execution"),
    ]
    found = compared(events, given)
    assert (found.recorded, list(found.commands_left)) == (None, [])


@pytest.mark.parametrize(
    ("name", "id"), [pytest.param("yell", "1", id="type"), pytest.param("say", "uno", id="id")]
)
def test_types_and_ids_are_compared(name: str, id: str) -> None:
    """An Activity of another type or id is a difference, at its own Event."""
    events = history([activity("say"), completion()])
    found = compared(events, [Giving().activity(3, name, id)])
    assert found.recorded
    assert found.recorded.event.event_id == 5


def test_without_the_flag_only_kinds_are_compared() -> None:
    """In histories of old SDKs, Core takes an Activity for any other."""
    events = history([activity("say")], flags=())
    assert compared(events, [Giving().activity(3, "yell", "uno")]).recorded is None


def test_a_command_too_many_is_found_at_the_next_event() -> None:
    """Core misses no Event for a Command until the next Command's Event comes."""
    give = Giving()
    events = history([activity("say")], [timer()])
    given = [give.activity(3, "say"), give.activity(3, "extra", "2"), give(7, "start_timer")]
    found = compared(events, given)
    assert found.recorded
    assert found.expected
    assert (found.recorded.event.event_id, found.expected.step.name) == (9, "extra")


def test_a_command_counts_only_after_it_was_given() -> None:
    """A Command that the code gives in a later Workflow Task is none for an Event before that."""
    events = history([activity("say")], [timer()])
    found = compared(events, [Giving().activity(7, "say")])
    assert found.recorded
    assert found.recorded.event.event_id == 5
    assert found.expected is None


def test_what_is_cancelled_at_once_leaves_no_event() -> None:
    """What is asked for and cancelled in one Workflow Task is withdrawn; later it is cancelled."""
    give = Giving()
    events = history([activity("say")], [timer()])
    start = give.activity(3, "hang", seq=9)
    at_once = [start, give(3, "request_cancel_activity", seq=9), give.activity(3, "say")]
    assert [one.step.name for one in expectation(at_once, events).steps] == ["say"]
    later = [start, give(7, "request_cancel_activity", seq=9)]
    assert [one.step.kind for one in expectation(later, events).steps] == [
        "ActivityTaskScheduled",
        "ActivityTaskCancelRequested",
    ]


def test_the_closing_command_comes_last() -> None:
    """Core expects what was given behind the closing Command before it; formerly not at all."""
    give = Giving()
    given = [give(3, "complete_workflow_execution"), give.activity(3, "say")]
    kinds = [one.step.kind for one in expectation(given, history([])).steps]
    assert kinds == ["ActivityTaskScheduled", "WorkflowExecutionCompleted"]
    old = [one.step.kind for one in expectation(given, history([], flags=())).steps]
    assert old == ["WorkflowExecutionCompleted"]


def test_the_closing_command_comes_last_in_its_task() -> None:
    """What is given in a later Workflow Task, an answer to an Update for one, comes behind it."""
    give = Giving()
    given = [give(3, "complete_workflow_execution"), give(6, "start_timer")]
    kinds = [one.step.kind for one in expectation(given, history([], [])).steps]
    assert kinds == ["WorkflowExecutionCompleted", "TimerStarted"]


def test_the_marker_of_a_patch_needs_its_command() -> None:
    """A patch that the code does not ask for is a difference, unless it was deprecated."""
    given = [Giving().activity(3, "say")]
    found = compared(history([patch("one"), activity("say")]), given)
    assert found.recorded
    assert found.recorded.step.name == "one"
    assert compared(history([patch("one", True), activity("say")]), given).recorded is None


def test_a_deprecated_patch_needs_no_marker() -> None:
    """deprecate_patch suits a history that was made before the patch."""
    give = Giving()
    given = [give(3, "set_patch_marker", patch_id="one", deprecated=True), give.activity(3, "say")]
    assert compared(history([activity("say")]), given).recorded is None


def test_local_activities_are_found_by_their_number() -> None:
    """The Markers of Local Activities may come in another order than their Commands."""
    give = Giving()
    asked = [
        give(3, "schedule_local_activity", activity_type=name, activity_id=str(number))
        for number, name in enumerate(("look", "check"), 1)
    ]
    assert compared(history([local(2, "check"), local(1, "look")]), asked).recorded is None
    found = compared(history([local(2, "chat")]), asked)
    assert found.expected
    assert found.expected.step.name == "check"


def test_the_event_that_the_sdk_names_is_the_one() -> None:
    """Where the SDK names an Event, that is the difference, also one that records no Command."""
    give = Giving()
    ended = event("activity_task_completed", scheduled_event_id=5)
    events = history([activity("say"), ended])
    given = [give.activity(3, "say", seq=1), give(3, "start_timer")]
    found = compared(events, given, named=6)
    assert found.recorded is None
    assert found.expected
    assert found.expected.step.kind == "TimerStarted"


def test_before_the_event_that_the_sdk_names_all_suits() -> None:
    """Where the SDK names an Event, Core has taken all Commands before it."""
    give = Giving()
    events = history([activity("say"), timer(), activity("say", "2")])
    given = [give.activity(3, "yell"), give.activity(3, "sing", "2")]
    found = compared(events, given, named=6)
    assert found.recorded
    assert found.recorded.event.event_id == 6
