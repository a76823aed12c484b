"""A step of Workflow code: what an Event and its Command have in common."""

from dataclasses import dataclass

LOCAL_ACTIVITY, PATCH = "LocalActivity", "Patch"  # both are Markers
ACCEPTED, UPDATED = "WorkflowExecutionUpdateAccepted", "WorkflowExecutionUpdateCompleted"
CANCEL_OTHER = "RequestCancelExternalWorkflowExecutionInitiated"


@dataclass(frozen=True)
class Step:
    """An Event that a Command leaves behind: its kind, and what tells it from others."""

    kind: str  # the Event's type, except for Markers: LOCAL_ACTIVITY, PATCH
    name: str = ""  # the type of an Activity or a Child Workflow, the id of a patch, ...
    id: str = ""  # of an Activity, of the other Execution, of an Update
    service: str = ""  # of a Nexus Operation
    seconds: float = 0.0  # that a Timer takes
    content: bytes = b""  # what is upserted
    seq: int = 0  # by which Core finds a Local Activity
    input: bytes = b""  # of an Activity or a Child Workflow: it tells which of two alike is which
    deprecated: bool = False  # a patch: its Marker may stand without a Command, or fail to
