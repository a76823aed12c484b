"""Histories that were cut off behind a Workflow Task."""

from replaygate.diagnosis import testimony
from replaygate.diagnosis.cut_off import lost_commands
from tests.support.made import Giving, activity, event, history


def test_a_history_without_its_last_commands() -> None:
    """What the code gave in a completed Workflow Task must stand behind it."""
    give = Giving()
    seen = testimony.Testimony(given=(give.activity(3, "say"), give.activity(3, "sing", "2")))
    assert lost_commands(history([]), seen) == "ScheduleActivityTask"
    assert lost_commands(history([activity("say")]), seen) == "ScheduleActivityTask"
    assert lost_commands(history([activity("say"), activity("sing", "2")]), seen) == ""


def test_a_workflow_task_that_is_open() -> None:
    """What the code gives in a Workflow Task that was not completed is not missed."""
    events = history([activity("say")], [])[:-1]
    give = Giving()
    seen = testimony.Testimony(given=(give.activity(3, "say"), give.activity(7, "sing", "2")))
    assert lost_commands(events, seen) == ""


def test_what_leaves_no_event() -> None:
    """A Local Activity that runs, and what was cancelled at once, are not missed."""
    give = Giving()
    given = (
        give(3, "schedule_local_activity", activity_type="look"),
        give(3, "start_timer", seq=9),
        give(3, "cancel_timer", seq=9),
    )
    assert lost_commands(history([]), testimony.Testimony(given=given)) == ""


def test_a_closed_execution() -> None:
    """Where the Service ended the Execution, Commands may have been cut out before; else not."""
    seen = testimony.Testimony(given=(Giving().activity(3, "say"),))
    for end in ("terminated", "timed_out"):
        closed = event(f"workflow_execution_{end}")
        assert lost_commands(history([closed]), seen) == "ScheduleActivityTask"
        assert lost_commands(history([activity("say"), closed]), seen) == ""
    completed = event("workflow_execution_completed")
    assert lost_commands(history([completed]), seen) == ""
