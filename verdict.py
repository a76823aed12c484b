"""Replays one Event History after the other and says of each, in plain words, what came of it."""

import re
import sys
import traceback
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.converter import (
    DataConverter,
    StorageDriverStoreContext,
    WithSerializationContext,
)
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from connection import data_converter, runtime
from history import CLOSING, COMMANDS, command_of, detail_of, row, shown, type_of
from worker import WORKFLOWS

REPLAYS, INCOMPATIBLE = "replays", "incompatible"
UNVERIFIED, NOT_BEGUN = "unverified", "not begun"
CONTEXT = 3  # Events before and after the one that does not fit
LIBRARIES = {*sys.stdlib_module_names, "temporalio"}
NOT_THE_CODE = re.compile(
    "is not registered on this worker|Unknown payload encoding|Can't decrypt a payload"
    "|Fatal error in workflow machines"
)
CLOSING_COMMANDS = {COMMANDS[kind] for kind in CLOSING if kind in COMMANDS}
NOUNS = {
    "StartTimer": "a Timer",
    "ScheduleActivityTask": "an Activity",
    "StartChildWorkflowExecution": "a Child Workflow",
}
PASSED_OVER = re.compile("core_patch|SetPatchMarker|UpsertWorkflow|Update|RespondToQuery")
WITHOUT_EVENT = re.compile(f"{PASSED_OVER.pattern}|LocalActivity|^RequestCancel|^CancelSignal")
WAYS_OUT = [
    "keep the old path for what runs already, with workflow.patched();",
    "leave what runs to the old code, with Worker Versioning; or revert the change:",
    "https://docs.temporal.io/develop/python/workflows/versioning",
]


@dataclass
class Verdict:
    """What the replay of one Event History came to."""

    name: str
    outcome: str = REPLAYS
    reason: str = ""  # one line: what is wrong
    workflow_type: str = ""
    workflow_id: str = ""
    run_id: str = ""
    returns: str = ""  # in what the result differs from the recorded one
    event: str = ""  # the Event that the code does not fit
    command: str = ""  # what the code did in its place
    stood_at: list[str] = field(default_factory=list)  # file:line and source, outermost call first
    context: list[str] = field(default_factory=list)  # the Events around that Event
    likely_cause: str = ""
    sdk: str = ""  # the SDK's own words

    def __str__(self) -> str:
        """Render the diagnosis of an incompatible history."""
        facts = {
            "The history holds": [self.event],
            "The code": [self.command],
            "It stood at": self.stood_at,
            "Events": self.context,
            "Likely cause": [self.likely_cause],
            "Ways out": WAYS_OUT,
            "The SDK says": self.sdk.splitlines(),
        }
        lines = [f"{self.name}: {self.workflow_type} is incompatible with this Event History."]
        for label, values in facts.items():
            for value in filter(None, values):
                lines.append(f"  {label:<19}{value}")
                label = ""
        return "\n".join(lines)


@dataclass(frozen=True)
class Witness(SandboxedWorkflowRunner, Interceptor):
    """The sandbox, and what the Workflow code of one run did in it.

    After a mismatch the SDK cancels the code where it stands, so the traceback of that cancellation
    ends at the very line.
    """

    commands: list[WorkflowCommand] = field(default_factory=list)
    asked_at: list[int] = field(default_factory=list)  # of each Command: the last Event known then
    frames: list[traceback.FrameSummary] = field(default_factory=list)
    end: list[str] = field(default_factory=list)  # how the code ended, if it did
    contexts: bool = True  # whether a converter asks for which Execution it converts

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Make the sandbox of a run and listen to it."""
        for record in (self.commands, self.asked_at, self.frames, self.end):
            record.clear()
        instance = super().create_instance(det)
        activate = instance.activate
        if not self.contexts:  # to ask for them enters the sandbox, a sixth of all the work
            nowhere = StorageDriverStoreContext(target=None)
            instance.get_serialization_context = lambda command_info: None  # type: ignore[method-assign]
            instance.get_external_store_context = lambda command_info: nowhere  # type: ignore[method-assign]

        def watched(act: WorkflowActivation) -> WorkflowActivationCompletion:
            completion = activate(act)
            for command in completion.successful.commands:  # a codec will encrypt the original
                self.commands.append(WorkflowCommand.FromString(command.SerializeToString()))
                self.asked_at.append(act.history_length)
            return completion

        instance.activate = watched  # type: ignore[method-assign]
        return instance

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """Make the interceptor that sees how the code of a run ends."""
        witness = self

        class Inbound(WorkflowInboundInterceptor):
            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                try:
                    result = await super().execute_workflow(input)
                except BaseException as error:
                    witness.see(error)
                    raise
                witness.end.append(f"returned {result!r}")
                return result

        return Inbound

    def see(self, error: BaseException) -> None:
        """Note the frames of Workflow code that this error went through, and what it says."""
        walk = traceback.walk_tb(error.__traceback__)
        own = [
            step for step in walk if step[0].f_globals["__name__"].split(".")[0] not in LIBRARIES
        ]
        self.frames.extend(traceback.StackSummary.extract(iter(own[1:])))  # the first is ours
        if isinstance(error, Exception):
            self.end.append(f"raised {type(error).__name__}: {error}")


async def replay(history: WorkflowHistory, workflows: Sequence[type] = WORKFLOWS) -> Verdict:
    """Replay one Event History; see ``replay_all``."""

    async def one() -> AsyncIterator[tuple[str, WorkflowHistory]]:
        yield history.workflow_id, history

    (verdict,) = [verdict async for verdict in replay_all(one(), workflows)]
    return verdict


async def replay_all(
    histories: AsyncIterator[tuple[str, WorkflowHistory]], workflows: Sequence[type] = WORKFLOWS
) -> AsyncIterator[Verdict]:
    """Replay named Event Histories on these Workflows, one after the other, in the sandbox.

    They must have passed ``history.check``: Core never answers on some that have not.
    """
    name = ""

    async def unnamed() -> AsyncIterator[WorkflowHistory]:
        nonlocal name
        async for source, history in histories:
            name = source
            yield history

    # Failures stay readable here: the SDK reports in them, and nothing leaves this process.
    plain = DataConverter.default.failure_converter_class
    converter = replace(data_converter(), failure_converter_class=plain)
    witness = Witness(
        contexts=bool(converter.external_storage)
        or isinstance(converter.payload_converter, WithSerializationContext)
        or isinstance(converter.payload_codec, WithSerializationContext)
    )
    replayer = Replayer(
        workflows=workflows,
        workflow_runner=witness,
        interceptors=[witness],
        data_converter=converter,
        runtime=runtime(),
        build_id="replay",  # else the SDK hashes all the code that is loaded
        debug_mode=True,  # else each step takes a thread; the gate has a time-out of its own
    )
    async with replayer.workflow_replay_iterator(unnamed()) as results:
        async for result in results:
            history = result.history
            started = history.events[0].workflow_execution_started_event_attributes
            verdict = Verdict(
                name,
                workflow_type=started.workflow_type.name,
                workflow_id=history.workflow_id,
                run_id=history.run_id,
            )
            if result.replay_failure:
                diagnose(verdict, history.events, witness, str(result.replay_failure))
            elif lost := left_out(history.events, witness):
                verdict.outcome = UNVERIFIED
                verdict.reason = f"its end lacks {lost}: it was cut off, or the code changed"
            else:
                verdict.returns = await another_result(history.events[-1], witness, converter)
            yield verdict


async def another_result(closing: HistoryEvent, witness: Witness, converter: DataConverter) -> str:
    """Say how the result differs from the recorded one, which plain replay does not compare."""
    if type_of(closing) != "WorkflowExecutionCompleted":
        return ""
    results = (
        closing.workflow_execution_completed_event_attributes.result.payloads,
        [witness.commands[-1].complete_workflow_execution.result],
    )
    recorded, returned = [(await converter.decode(result) or [None])[0] for result in results]
    return "" if recorded == returned else f"returns {returned!r} instead of {recorded!r}"


def diagnose(verdict: Verdict, events: Sequence[HistoryEvent], witness: Witness, sdk: str) -> None:
    """Fill in what the history holds, what the code did instead, where it stood, and the cause."""
    words = re.findall(r'message: "((?:[^"\\]|\\.)+)"', sdk) or [sdk]
    verdict.sdk = ": ".join(word.replace('\\"', '"').replace("\\n", "\n") for word in words)
    mismatch = "TMPRL1100" in sdk
    if not mismatch and NOT_THE_CODE.search(sdk):
        verdict.outcome, verdict.reason = UNVERIFIED, verdict.sdk.splitlines()[0]
        return
    verdict.outcome = INCOMPATIBLE
    verdict.stood_at = [
        f"{shown(frame.filename)}:{frame.lineno}  {frame.line}" for frame in witness.frames
    ]
    end = witness.end[0] if witness.end else ""
    if not mismatch:  # the code could not go on
        verdict.command = end or f"failed: {verdict.sdk.splitlines()[0]}"
        verdict.likely_cause = "the code fails where it went on before"
        verdict.reason = f"the code {verdict.command}"
        return
    event, command = first_difference(events, witness.commands, sdk)
    verdict.command = "gave no Command"
    if command:
        verdict.command = f"gave {command_of(command)} {detail_of(command)}".strip()
    if end:
        verdict.command += f", because it {end}"
    if event:
        verdict.event = f"Event {row(event).strip()}"
        near = events[max(0, event.event_id - 1 - CONTEXT) : event.event_id + CONTEXT]
        verdict.context = [
            f"{'->' if near_by is event else '  '}{row(near_by)}" for near_by in near
        ]
        held = f"{type_of(event)} {detail_of(event)}".strip()
        verdict.reason = f"Event {event.event_id} is {held}, and the code {verdict.command}"
    verdict.likely_cause = likely_cause(event, command)


def left_out(events: Sequence[HistoryEvent], witness: Witness) -> str:
    """Name the Commands without which the last Workflow Task can't have been completed.

    The Temporal Service records all Commands of a Workflow Task at once. Replay doesn't miss them
    at the end, where somebody may have cut the history off.
    """
    kinds = [type_of(event) for event in events]
    completed = [n for n, kind in enumerate(kinds, 1) if kind == "WorkflowTaskCompleted"]
    previous, last = [0, 0, *completed][-2:]
    recorded = {COMMANDS.get(kind, "") for kind in kinds[last:]} - {""}
    given = {
        command_of(command)
        for command, at in zip(witness.commands, witness.asked_at, strict=True)
        if previous < at < last
    }
    if len({"Cancel" in name for name in given - CLOSING_COMMANDS}) == 2:
        return ""  # what is asked for and cancelled in one task may leave no Event at all
    if recorded:
        given &= CLOSING_COMMANDS
    if recorded & CLOSING_COMMANDS:
        return ""
    return ", ".join(sorted(name for name in given if not WITHOUT_EVENT.search(name)))


def fits(event: HistoryEvent, command: WorkflowCommand) -> bool:
    """Tell whether replay takes this Command for the one that the Event records."""
    kind, detail = command_of(command), detail_of(event)
    if kind == "ScheduleLocalActivity":
        return detail == "core_local_activity"
    child = event.start_child_workflow_execution_initiated_event_attributes.workflow_id
    return (
        kind == COMMANDS[type_of(event)]
        and (kind == "StartTimer" or detail == detail_of(command))
        and child == command.start_child_workflow_execution.workflow_id
    )


def first_difference(
    events: Sequence[HistoryEvent], commands: Sequence[WorkflowCommand], sdk: str
) -> tuple[HistoryEvent | None, WorkflowCommand | None]:
    """Find the Event that the code does not fit, and the Command that the code gave for it.

    Most messages of the SDK name the Event. What versioning and Updates leave is passed over on
    both sides, because its order says nothing.
    """
    recorded = [
        e
        for e in events
        if type_of(e) in COMMANDS and not PASSED_OVER.search(f"{type_of(e)} {detail_of(e)}")
    ]
    given = [c for c in commands if not PASSED_OVER.search(command_of(c))]
    named = re.search(r"HistoryEvent(?:\(id: | { event_id: )(\d+)", sdk)
    for event, command in zip_longest(recorded, given):
        if named and event and event.event_id < int(named[1]):
            continue
        if named:
            return events[int(named[1]) - 1], command
        if not event or not command or not fits(event, command):
            return event, command
    return None, None


def likely_cause(event: HistoryEvent | None, command: WorkflowCommand | None) -> str:
    """Guess the change to the code that leads to this difference."""
    lost = COMMANDS.get(type_of(event), "") if event else ""
    found = command_of(command) if command else ""
    was, now = NOUNS.get(lost, lost), NOUNS.get(found, found)
    if not lost and not found:
        return "the history was damaged, or comes from another Workflow"
    if {lost, found} <= CLOSING_COMMANDS:
        return "the Workflow ends in another way"
    if event and command and lost == found:
        what = "type" if detail_of(event) != detail_of(command) else "id"
        return f"{now} of another {what} stands there now, or two of them changed places"
    if not found or found in CLOSING_COMMANDS:
        return f"{was} was removed"
    if not lost or lost in CLOSING_COMMANDS:
        return f"{now} was added"
    return f"{was} was removed, {now} was added, the two changed places, or a branch goes elsewhere"
