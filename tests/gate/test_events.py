"""How Events and Commands are named and shown."""

import pytest
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.client import WorkflowHistory

from replaygate.events import command_of, detail_of, row, time_of, type_of
from tests.recordings.scenarios import RECORDINGS
from tests.support.damaged import recording
from tests.support.made import event


def load(name: str) -> WorkflowHistory:
    path = RECORDINGS[f"{name}.python-1.35.0"].path
    return WorkflowHistory.from_json("", path.read_text())


def test_an_event_has_a_row() -> None:
    """An Event is shown as in the columns of the CLI: id, time, type and what tells it apart."""
    timer = load("timer").events[4]
    assert (type_of(timer), detail_of(timer)) == ("TimerStarted", "60s")
    assert time_of(timer) == recording("timer")[4]["eventTime"][:19] + "Z"
    assert row(timer) == f"    5  {time_of(timer)}  TimerStarted                60s"


@pytest.mark.parametrize(
    ("name", "number", "detail"),
    [
        pytest.param("timer", 1, "BackgroundCheck", id="workflow-type"),
        pytest.param("timer", 2, "", id="nothing"),
        pytest.param("timer", 5, "60s", id="length-of-time"),
        pytest.param("timer", 10, "ssn_trace_activity", id="activity-type"),
        pytest.param("activity-timed-out", 10, "Activity task timed out", id="failure"),
    ],
)
def test_an_event_has_a_detail(name: str, number: int, detail: str) -> None:
    """The detail of an Event tells it from others of its type."""
    assert detail_of(load(name).events[number - 1]) == detail


def test_a_marker_has_a_detail() -> None:
    """A Marker may hold a failure; one that holds none is named by its name."""
    assert detail_of(event("marker_recorded", marker_name="core_patch")) == "core_patch"


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("start_timer", "StartTimer"),
        ("schedule_activity", "ScheduleActivityTask"),
        ("request_cancel_activity", "RequestCancelActivityTask"),
        ("complete_workflow_execution", "CompleteWorkflowExecution"),
        ("continue_as_new_workflow_execution", "ContinueAsNewWorkflowExecution"),
    ],
)
def test_a_command_is_named_as_temporal_names_it(variant: str, name: str) -> None:
    """Core's names of Commands are turned into those of the documentation."""
    command = WorkflowCommand()
    getattr(command, variant).SetInParent()
    assert command_of(command) == name
