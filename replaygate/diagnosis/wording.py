"""Says in Temporal's words what a step is, and what an Event or a Command is."""

from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from replaygate.diagnosis.expectation import Expected
from replaygate.diagnosis.recorded import Recorded
from replaygate.diagnosis.step import ACCEPTED, CANCEL_OTHER, LOCAL_ACTIVITY, PATCH, UPDATED, Step
from replaygate.events import command_of, detail_of, failure_name, type_of

NOUNS = {
    "TimerStarted": "a Timer",
    "TimerCanceled": "the cancellation of a Timer",
    "ActivityTaskScheduled": "the Activity {name}",
    "ActivityTaskCancelRequested": "the cancellation of the Activity {name}",
    LOCAL_ACTIVITY: "the Local Activity {name}",
    PATCH: "the patch {name}",
    "MarkerRecorded": "the Marker {name}",
    "StartChildWorkflowExecutionInitiated": "the Child Workflow {name}",
    "SignalExternalWorkflowExecutionInitiated": "the Signal {name} to another Execution",
    CANCEL_OTHER: "the cancellation of another Execution",
    "UpsertWorkflowSearchAttributes": "an upsert of search attributes",
    "WorkflowPropertiesModified": "an upsert of the memo",
    "NexusOperationScheduled": "the Nexus Operation {name}",
    "NexusOperationCancelRequested": "the cancellation of the Nexus Operation {name}",
    ACCEPTED: "the Update {name}",
    UPDATED: "the answer to the Update {name}",
    "WorkflowExecutionCompleted": "the completion of the Workflow",
    "WorkflowExecutionFailed": "the failure of the Workflow",
    "WorkflowExecutionCanceled": "the cancellation of the Workflow",
    "WorkflowExecutionContinuedAsNew": "the continuation as a new run",
}
IN_MARKER = {LOCAL_ACTIVITY: "Local Activity", PATCH: "patch"}


def noun(step: Step) -> str:
    """Return what a step is called: "a Timer", "the Activity say"."""
    if step.kind == CANCEL_OTHER and step.name:
        return f"the cancellation of the Child Workflow {step.name}"
    return NOUNS.get(step.kind, step.kind).format(name=step.name).strip()


def told_apart(one: Step, other: Step) -> tuple[str, str]:
    """Return what two steps are called; where that is the same, with what tells them apart."""
    nouns = noun(one), noun(other)
    if nouns[0] != nouns[1]:
        return nouns
    for what, field in (("of", "name"), ("with id", "id"), ("of service", "service")):
        told = getattr(one, field), getattr(other, field)
        if told[0] != told[1]:
            return f"{nouns[0]} {what} {told[0]!r}", f"{nouns[1]} {what} {told[1]!r}"
    return nouns


def event_text(recorded: Recorded, beside: Expected | None) -> str:
    """Return type and detail of an Event, with what tells it from the Command beside it."""
    other = beside.step if beside else None
    return text(type_of(recorded.event), recorded.step, detail_of(recorded.event), other)


def command_text(expected: Expected, beside: Recorded | None, hide_values: bool) -> str:
    """Return type and detail of a Command, with what tells it from the Event beside it."""
    command = expected.given.command
    if command.HasField("fail_workflow_execution"):
        return f"{command_of(command)} {failure_of(command, hide_values)}"
    other = beside.step if beside else None
    return text(command_of(command), expected.step, detail_of(command), other)


def text(kind: str, step: Step, detail: str, other: Step | None) -> str:
    """Return a type and what names one of this type; an id or a service only where it differs."""
    words = [kind]
    if kind == "MarkerRecorded" and step.kind in IN_MARKER:
        words.append(IN_MARKER[step.kind])
    words.append(step.name or detail)
    if other and other.kind == step.kind:
        if step.service != other.service:
            words.append(f"of service {step.service!r}")
        elif step.id != other.id and step.name == other.name:
            words.append(f"with id {step.id!r}")
    return " ".join(filter(None, words))


def failure_of(command: WorkflowCommand, hide_values: bool) -> str:
    """Return what the failure says that a Command fails the Workflow with, or only its type."""
    failure = command.fail_workflow_execution.failure
    if hide_values:
        return failure.application_failure_info.type or "a failure"
    return failure_name(failure)
