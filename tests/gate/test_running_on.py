"""Running code on after a mismatch, with activations that are made up."""

import sys
import threading
import time
from collections.abc import Callable

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

from replaygate.events import command_of
from replaygate.replay import running_on
from replaygate.replay.interrupting import at_most
from replaygate.replay.running_on import run_on
from tests.support.made import Giving, activity, event, history

give = Giving()
Jobs = list[str]


def scripted(
    *answers: list[WorkflowCommand],
) -> tuple[Callable[[WorkflowActivation], WorkflowActivationCompletion], Jobs]:
    """Return an instance that gives these Commands, and the list of the jobs that it gets."""
    jobs: Jobs = []
    left = list(answers)

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        jobs.extend(str(job.WhichOneof("variant")) for job in act.jobs)
        assert act.is_replaying
        completion = WorkflowActivationCompletion()
        completion.successful.commands.extend(left.pop(0) if left else [])
        return completion

    return activate, jobs


def test_it_goes_on_to_the_end() -> None:
    """What the code waits for is resolved, one after the other, until it completes."""
    timer = give(3, "start_timer").command
    say = give.activity(3, "say").command
    activate, jobs = scripted([say], [give(3, "complete_workflow_execution").command])
    events = history([activity("say")])
    found, more = run_on(activate, [WorkflowActivation(history_length=3)], [timer], events)
    assert [command_of(command) for command, _ in found] == [
        "ScheduleActivityTask",
        "CompleteWorkflowExecution",
    ]
    assert (jobs, more) == (["fire_timer", "resolve_activity"], False)


def test_what_it_knows_is_beyond_the_history() -> None:
    """Each made-up activation comes after all Events of the history, and after the one before."""
    say = give.activity(3, "say").command
    activate, _ = scripted([say], [give.activity(3, "sing", "2").command])
    events = history([activity("say")])
    found, _ = run_on(activate, [WorkflowActivation()], [give(3, "start_timer").command], events)
    assert [known for _, known in found] == [len(events) + 1, len(events) + 2]


def test_the_history_tells_results_and_signals() -> None:
    """Results and Signals of the history come in its order."""
    ended = event("activity_task_completed", scheduled_event_id=5)
    ended.activity_task_completed_event_attributes.result.payloads.add(
        metadata={"encoding": b"json/plain"}, data=b'"done"'
    )
    signal = event("workflow_execution_signaled", signal_name="step")
    events = history([activity("say"), signal, ended])
    got = []

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        got.append(act.jobs[0])
        return WorkflowActivationCompletion()

    given = [give.activity(3, "say").command]
    run_on(activate, [WorkflowActivation(history_length=3)], given, events)
    assert got[0].signal_workflow.signal_name == "step"
    assert got[1].resolve_activity.result.completed.result.data == b'"done"'


def test_the_answer_to_a_cancel_request_is_no_outcome() -> None:
    """That a Nexus Operation was asked to cancel does not end it."""
    asked = event("nexus_operation_scheduled", operation="greet", endpoint="desks")
    told = event("nexus_operation_cancel_request_completed", scheduled_event_id=5)
    completed = event("nexus_operation_completed", scheduled_event_id=5)
    completed.nexus_operation_completed_event_attributes.result.data = b'"hello"'
    got = []

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        got.append(act.jobs[0])
        return WorkflowActivationCompletion()

    given = [give(3, "schedule_nexus_operation", operation="greet", endpoint="desks").command]
    events = history([asked, told, completed])
    run_on(activate, [WorkflowActivation(history_length=3)], given, events)
    assert [one.WhichOneof("variant") for one in got] == [
        "resolve_nexus_operation_start",
        "resolve_nexus_operation",
    ]


def test_what_a_codec_hides_is_left_out() -> None:
    """An encoded result would only fail to decode, so there is none."""
    ended = event("activity_task_completed", scheduled_event_id=5)
    ended.activity_task_completed_event_attributes.result.payloads.add(
        metadata={"encoding": b"binary/encrypted"}, data=b"hidden"
    )
    got = []

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        got.append(act.jobs[0].resolve_activity.result.completed.result)
        return WorkflowActivationCompletion()

    events = history([activity("say"), ended])
    given = [give.activity(3, "say").command]
    run_on(activate, [WorkflowActivation(history_length=3)], given, events)
    assert [result.metadata["encoding"] for result in got] == [b"binary/null"]


def test_code_that_never_ends() -> None:
    """Code that goes on for ever is left after so many steps, and more may follow."""

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = WorkflowActivationCompletion()
        completion.successful.commands.append(give(3, "start_timer").command)
        return completion

    first = [give(3, "start_timer").command]
    found, more = run_on(activate, [WorkflowActivation()], first, history([]), steps=7)
    assert (len(found), more) == (7, True)


def test_code_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that never comes back is interrupted."""
    monkeypatch.setattr(running_on, "SECONDS", 0.1)

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        while True:
            time.sleep(0.01)

    first = [give(3, "start_timer").command]
    assert run_on(activate, [WorkflowActivation()], first, history([])) == ([], True)


def test_code_that_raises() -> None:
    """An exception of the code ends it, and what it gave before is kept."""

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        raise RuntimeError("no")

    first = [give(3, "start_timer").command]
    assert run_on(activate, [WorkflowActivation()], first, history([])) == ([], True)


def test_an_interruption() -> None:
    """A block that takes too long is left, and nothing is raised afterwards."""
    with at_most(0.1):
        never = threading.Event()
        while not never.is_set():
            never.wait(0.01)
    with at_most(0.05):
        pass
    time.sleep(0.1)


def test_code_can_be_traced_afterwards() -> None:
    """What ends in time leaves nothing behind: a debugger can follow the code that comes next."""
    with at_most(5):
        pass
    followed = []
    before = sys.gettrace()
    sys.settrace(lambda frame, *_: followed.append(frame.f_code.co_name))
    give.__class__()
    sys.settrace(before)
    assert followed == ["__init__"]
