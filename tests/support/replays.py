"""Replays in this process, which leave the SDK as it was, and what there is to replay."""

import contextlib
import functools
from collections.abc import AsyncIterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.bridge import worker as sdk_bridge
from temporalio.client import WorkflowHistory
from temporalio.worker import _workflow as sdk_worker
from temporalio.worker import _workflow_instance as sdk_instance
from temporalio.worker.workflow_sandbox import _runner as sdk_sandbox
from temporalio.workflow import _definition as sdk_definition

from replaygate.closely.again import look_again
from replaygate.inputs.formats import Found
from replaygate.replay.replayer import Replay
from replaygate.replay.witness import Witness
from replaygate.targets.registration import Registration
from replaygate.verdict import Diagnosis, Outcome, Verdict

PATCHED: dict[Any, tuple[str, ...]] = {
    sdk_instance._WorkflowInstanceImpl: ("_add_command", "activate"),
    sdk_worker._WorkflowWorker: (
        "nondeterminism_as_workflow_fail",
        "nondeterminism_as_workflow_fail_for_types",
    ),
    sdk_bridge: ("decode_activation", "encode_completion"),
    sdk_bridge.CommandAwarePayloadVisitor: ("visit",),  # type: ignore[attr-defined]
    sdk_sandbox._Instance: ("_run_code",),
    sdk_definition: ("UpdateMethodMultiParam",),
    SourceFileLoader: ("get_code",),
}


OF_FLOWS = Path(__file__).parents[1] / "gate" / "histories"


@functools.cache
def recorded(flow: str) -> bytes:
    """Read the recording of a Workflow."""
    text = (OF_FLOWS / f"{flow}.json").read_text(encoding="utf-8")
    return History(events=WorkflowHistory.from_json(flow, text).events).SerializeToString()


def events_of(flow: str, workflow_type: str = "") -> list[HistoryEvent]:
    """Return what was recorded of a Workflow, as one of another type if that is asked for."""
    events = list(History.FromString(recorded(flow)).events)
    if workflow_type:
        started = events[0].workflow_execution_started_event_attributes
        started.workflow_type.name = workflow_type
    return events


@contextlib.asynccontextmanager
async def replaying(*workflows: type, **settings: Any) -> AsyncIterator[Replay]:
    """The gate's own replay of these Workflows."""
    before = [(owner, name, getattr(owner, name)) for owner in PATCHED for name in PATCHED[owner]]
    try:
        config: Any = {"workflows": workflows, **settings}
        async with Replay([Registration("", config)], Witness(look_again=look_again)) as replay:
            yield replay
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


async def verdict_on(events: Sequence[HistoryEvent], *workflows: type) -> Verdict:
    """Replay one history."""
    workflow_id = events[0].workflow_execution_started_event_attributes.workflow_id or "some-id"
    async with replaying(*workflows) as replay:
        return await replay("history.json", Found("", workflow_id, "", list(events)))


async def diagnosis_of(events: Sequence[HistoryEvent], *workflows: type) -> Diagnosis:
    """Replay one history, which must be incompatible, and return why it is."""
    verdict = await verdict_on(events, *workflows)
    assert verdict.outcome is Outcome.INCOMPATIBLE, verdict
    assert verdict.diagnosis
    return verdict.diagnosis
