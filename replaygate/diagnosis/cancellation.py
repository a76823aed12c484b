"""What a cancelling Command cancels, and which Event that leaves."""

from temporalio.bridge.proto.child_workflow import ChildWorkflowCancellationType
from temporalio.bridge.proto.nexus import NexusOperationCancellationType
from temporalio.bridge.proto.workflow_commands import ActivityCancellationType, WorkflowCommand

from replaygate.diagnosis.step import CANCEL_OTHER

ABANDONED = {
    "schedule_activity": ActivityCancellationType.ABANDON,
    "start_child_workflow_execution": ChildWorkflowCancellationType.ABANDON,
    "schedule_nexus_operation": NexusOperationCancellationType.ABANDON,
}
# A cancelling Command: what it cancels, the field with the seq of that, the Event it leaves.
CANCELS = {
    "cancel_timer": ("start_timer", "seq", "TimerCanceled"),
    "request_cancel_activity": ("schedule_activity", "seq", "ActivityTaskCancelRequested"),
    "request_cancel_nexus_operation": (
        "schedule_nexus_operation",
        "seq",
        "NexusOperationCancelRequested",
    ),
    "cancel_child_workflow_execution": (
        "start_child_workflow_execution",
        "child_workflow_seq",
        CANCEL_OTHER,
    ),
    "cancel_signal_workflow": ("signal_external_workflow_execution", "seq", ""),
}


def is_abandoned(command: WorkflowCommand) -> bool:
    """Tell whether the code asks for no cancellation of this where it cancels it."""
    variant = command.WhichOneof("variant") or ""
    told = getattr(command, variant, None)
    return variant in ABANDONED and getattr(told, "cancellation_type", 0) == ABANDONED[variant]
