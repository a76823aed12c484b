"""What Workflow code waits for: the Commands that it gave, less those that were resolved."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from replaygate.diagnosis.cancellation import CANCELS
from replaygate.diagnosis.steps import given_step
from replaygate.events import CLOSING_COMMANDS, command_of

ACTIVITY, LOCAL = "schedule_activity", "schedule_local_activity"
TIMER, CHILD = "start_timer", "start_child_workflow_execution"
SIGNAL, CANCEL = "signal_external_workflow_execution", "request_cancel_external_workflow_execution"
NEXUS = "schedule_nexus_operation"
WAITED_FOR = {ACTIVITY, LOCAL, TIMER, CHILD, SIGNAL, CANCEL, NEXUS}
CANCELLED = {
    **{variant: (kind, field) for variant, (kind, field, _) in CANCELS.items()},
    "request_cancel_local_activity": (LOCAL, "seq"),
}
RESOLVED = {
    "fire_timer": TIMER,
    "resolve_child_workflow_execution_start": CHILD,
    "resolve_child_workflow_execution": CHILD,
    "resolve_signal_external_workflow": SIGNAL,
    "resolve_request_cancel_external_workflow": CANCEL,
    "resolve_nexus_operation_start": NEXUS,
    "resolve_nexus_operation": NEXUS,
}


@dataclass(frozen=True)
class Waiting:
    """A Command without its resolution."""

    kind: str  # the field that holds the Command
    seq: int
    name: str  # of the type; empty for a Timer
    seconds: float = 0.0  # that a Timer takes
    started: bool = False  # of a Child Workflow or a Nexus Operation
    cancelled: bool = False


class WaitingList:
    """Everything that the code waits for, in the order of the Commands."""

    def __init__(
        self, given: Sequence[WorkflowCommand], activations: Sequence[WorkflowActivation]
    ) -> None:
        self.all: dict[tuple[str, int], Waiting] = {}  # by kind and seq
        self.asked: Counter[tuple[str, str]] = Counter()  # how often for each kind and name
        self.ended = False  # whether the code closed the Execution
        for command in given:
            self.take(command)
        for activation in activations:
            for job in activation.jobs:
                self.resolved(job)

    def take(self, command: WorkflowCommand) -> None:
        """Take in a Command."""
        variant = command.WhichOneof("variant") or ""
        told = getattr(command, variant, None)
        self.ended = self.ended or command_of(command) in CLOSING_COMMANDS
        if variant in WAITED_FOR and told and (step := given_step(command)):
            self.asked[variant, step.name] += 1
            waiting = Waiting(variant, told.seq, step.name, step.seconds)
            self.all[variant, told.seq] = waiting
        elif variant in CANCELLED:
            kind, field = CANCELLED[variant]
            key = kind, getattr(told, field)
            cancelled = self.all.pop(key, None)
            if cancelled and kind != TIMER:  # nobody tells the code that a Timer was cancelled
                self.all[key] = replace(cancelled, cancelled=True)

    def resolved(self, job: WorkflowActivationJob) -> None:
        """Take in that something was resolved."""
        variant = job.WhichOneof("variant") or ""
        told = getattr(job, variant, None)
        kind = RESOLVED.get(variant, "")
        if variant == "resolve_activity":
            kind = LOCAL if job.resolve_activity.is_local else ACTIVITY
        waiting = self.all.pop((kind, getattr(told, "seq", 0)), None)
        goes_on = variant.endswith("_start") and not (
            told and told.WhichOneof("status") in ("failed", "cancelled")
        )
        if waiting and goes_on:
            self.all[kind, waiting.seq] = replace(waiting, started=True)

    def first(self, kind: str, name: str, started: bool = False) -> Waiting | None:
        """Return the first of this kind and name, if there is one."""
        key = kind, name, started
        return next((w for w in self.all.values() if (w.kind, w.name, w.started) == key), None)

    def cancelled(self) -> Waiting | None:
        """Return the first of those that the code cancelled."""
        return next((waiting for waiting in self.all.values() if waiting.cancelled), None)

    def soonest(self) -> Waiting | None:
        """Return what would be resolved first if nothing else is known: Timers last, by length."""
        return min(self.all.values(), key=lambda w: (w.kind == TIMER, w.seconds), default=None)
