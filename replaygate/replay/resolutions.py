"""Makes the jobs that resolve what Workflow code waits for, from a history's Events or made up."""

from collections.abc import Iterable
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.activity_result import ActivityResolution
from temporalio.bridge.proto.child_workflow import ChildWorkflowResult
from temporalio.bridge.proto.nexus import NexusOperationResult
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from replaygate.events import attributes_of, type_of
from replaygate.replay.waiting import LOCAL, SIGNAL, Waiting

NOTHING = Payload(metadata={"encoding": b"binary/null"})
READABLE = {b"json/plain", b"json/protobuf", b"binary/plain", b"binary/protobuf", b"binary/null"}


def resolve(waiting: Waiting, event: HistoryEvent | None) -> WorkflowActivationJob:
    """Make the job that resolves this as an Event did, or else with nothing but success."""
    told = attributes_of(event) if event else None
    outcome = type_of(event) if event else ""
    job = WorkflowActivationJob()
    match waiting.kind:
        case "start_timer":
            job.fire_timer.seq = waiting.seq
        case "schedule_activity" | "schedule_local_activity":
            job.resolve_activity.seq = waiting.seq
            job.resolve_activity.is_local = waiting.kind == LOCAL
            resolve_activity(job.resolve_activity.result, waiting, told)
        case "start_child_workflow_execution":
            resolve_child(job, waiting, outcome, told)
        case "schedule_nexus_operation":
            resolve_nexus(job, waiting, outcome, told)
        case _:
            signal = waiting.kind == SIGNAL
            variant = f"resolve_{'signal' if signal else 'request_cancel'}_external_workflow"
            resolved = getattr(job, variant)
            resolved.seq = waiting.seq
            if outcome.endswith("Failed") or waiting.cancelled:
                resolved.failure.CopyFrom(Failure(message="the other Execution was not reached"))
    return job


def resolve_activity(result: ActivityResolution, waiting: Waiting, told: Any) -> None:
    """Fill in with what an Activity or a Local Activity ended."""
    failure = failure_in(told)
    if waiting.cancelled or hasattr(told, "latest_cancel_requested_event_id"):
        result.cancelled.failure.CopyFrom(activity_failure(waiting, cancellation()))
    elif failure:
        result.failed.failure.CopyFrom(activity_failure(waiting, failure))
    else:
        result.completed.result.CopyFrom(payload_in(told))


def resolve_child(job: WorkflowActivationJob, waiting: Waiting, outcome: str, told: Any) -> None:
    """Fill in how a Child Workflow started, or with what it ended."""
    if not waiting.started:
        start = job.resolve_child_workflow_execution_start
        start.seq = waiting.seq
        if waiting.cancelled:
            start.cancelled.failure.CopyFrom(cancellation())
        elif outcome == "StartChildWorkflowExecutionFailed":
            start.failed.workflow_type = waiting.name
            start.failed.cause = told.cause
        else:
            start.succeeded.run_id = told.workflow_execution.run_id if told else "made-up"
        return
    job.resolve_child_workflow_execution.seq = waiting.seq
    result: ChildWorkflowResult = job.resolve_child_workflow_execution.result
    failure = Failure(message="Child Workflow execution failed")
    failure.child_workflow_execution_failure_info.workflow_type.name = waiting.name
    if waiting.cancelled or outcome.endswith("Canceled"):
        failure.cause.CopyFrom(cancellation())
        result.cancelled.failure.CopyFrom(failure)
    elif outcome.endswith(("Failed", "TimedOut", "Terminated")):
        failure.cause.CopyFrom(failure_in(told) or Failure())
        result.failed.failure.CopyFrom(failure)
    else:
        result.completed.result.CopyFrom(payload_in(told))


def resolve_nexus(job: WorkflowActivationJob, waiting: Waiting, outcome: str, told: Any) -> None:
    """Fill in how a Nexus Operation started, or with what it ended."""
    if not waiting.started:
        job.resolve_nexus_operation_start.seq = waiting.seq
        job.resolve_nexus_operation_start.started_sync = True
        return
    job.resolve_nexus_operation.seq = waiting.seq
    result: NexusOperationResult = job.resolve_nexus_operation.result
    failure = Failure(message="nexus operation completed unsuccessfully")
    failure.nexus_operation_execution_failure_info.operation = waiting.name
    if waiting.cancelled or outcome.endswith("Canceled"):
        failure.cause.CopyFrom(cancellation())
        result.cancelled.CopyFrom(failure)
    elif outcome.endswith(("Failed", "TimedOut")):
        result.failed.CopyFrom(told.failure)
    else:
        result.completed.CopyFrom(payload_in(told))


def payload_in(told: Any) -> Payload:
    """Return the result that an Event holds, or nothing where a codec hides it."""
    if told is None:
        return NOTHING
    result = told.result if hasattr(told, "result") else told.details.get("result", Payloads())
    payload = result if isinstance(result, Payload) else next(iter(result.payloads), NOTHING)
    return payload if payload.metadata["encoding"] in READABLE else NOTHING


def failure_in(told: Any) -> Failure | None:
    """Return the failure that an Event holds, if it holds one."""
    failure: Failure | None = getattr(told, "failure", None)
    return failure if failure is not None and told.HasField("failure") else None


def cancellation() -> Failure:
    """Return the failure that a cancellation is."""
    failure = Failure(message="cancelled")
    failure.canceled_failure_info.SetInParent()
    return failure


def activity_failure(waiting: Waiting, cause: Failure) -> Failure:
    """Return the failure that the SDK wraps around that of an Activity."""
    failure = Failure(message="Activity task failed", cause=cause)
    failure.activity_failure_info.activity_type.name = waiting.name
    return failure


def deliver(event: HistoryEvent) -> WorkflowActivationJob | None:
    """Make the job that delivers a Signal, an Update or a cancel request of the history."""
    job = WorkflowActivationJob()
    told = attributes_of(event)
    match type_of(event):
        case "WorkflowExecutionSignaled":
            job.signal_workflow.signal_name = told.signal_name
            job.signal_workflow.input.extend(readable(told.input.payloads))
        case "WorkflowExecutionUpdateAccepted":
            request = told.accepted_request
            job.do_update.id = request.meta.update_id
            job.do_update.protocol_instance_id = told.protocol_instance_id
            job.do_update.name = request.input.name
            job.do_update.input.extend(readable(request.input.args.payloads))
            job.do_update.meta.CopyFrom(request.meta)
        case "WorkflowExecutionCancelRequested":
            job.cancel_workflow.reason = told.cause
        case _:
            return None
    return job


def readable(payloads: Iterable[Payload]) -> list[Payload]:
    """Return arguments, with nothing in the place of those that a codec hides."""
    return [p if p.metadata["encoding"] in READABLE else NOTHING for p in payloads]
