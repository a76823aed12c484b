"""What the code did in one activation, as the close witness takes it down."""

from dataclasses import dataclass, field

from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob

from replaygate.closely.reasons import Job
from replaygate.closely.state import State
from replaygate.closely.tracing import Lines
from replaygate.frames import Place

Places = tuple[Place, ...]


@dataclass
class Stand:
    """Where a task waits."""

    name: str
    places: Places
    state: State


@dataclass
class Activation:
    """What the code did in one activation."""

    act: WorkflowActivation
    jobs: list[WorkflowActivationJob] = field(default_factory=list)  # as they were applied
    lines: Lines = field(default_factory=Lines)
    woke: list[tuple[Job, Places, bool]] = field(default_factory=list)  # whether it begins
    gave: list[Places] = field(default_factory=list)
    given: int = 0  # how many Commands the code has given by its end, in this activation and before
    stands: list[Stand] = field(default_factory=list)
    left_out: int = 0
