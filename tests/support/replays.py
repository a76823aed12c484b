"""Replays in this process, which leave the SDK as it was."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from importlib.machinery import SourceFileLoader
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge import worker as sdk_bridge
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
