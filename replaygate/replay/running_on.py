"""Runs Workflow code on, from where the SDK stopped it after a mismatch.

So the diagnosis sees what the code would have done next. The activations are made up; what the
history tells of results, Signals and Updates goes into them.
"""

from collections.abc import Callable, Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

from replaygate.replay.interrupting import at_most
from replaygate.replay.script import Script
from replaygate.replay.waiting import WaitingList

Activate = Callable[[WorkflowActivation], WorkflowActivationCompletion]
Known = tuple[WorkflowCommand, int]  # a Command, and the made-up Event that was known then

SECONDS = 2.0
COMMANDS = 500
AN_HOUR = 3600 * 10**9  # in nanoseconds, so that every Timer can have fired


def run_on(
    activate: Activate,
    activations: Sequence[WorkflowActivation],
    given: Sequence[WorkflowCommand],
    events: Sequence[HistoryEvent],
    steps: int = 50,
    guess: Activate | None = None,
) -> tuple[list[Known], bool]:
    """Drive a Workflow instance further and return its Commands, and whether more may follow.

    ``activations`` and ``given`` are all that the instance had and gave so far. ``guess`` is called
    in place of ``activate`` with what no Event tells. It ends where the code ends, fails, waits for
    what nobody can resolve, or goes on for too long.
    """
    found: list[Known] = []
    if not activations:
        return found, True
    waiting, script = WaitingList(given, activations), Script(events, activations)
    known = max(activations[-1].history_length, events[-1].event_id)
    with at_most(SECONDS):
        for step in range(1, steps + 1):
            coming = None if waiting.ended else script.next(waiting)
            if not coming or len(found) > COMMANDS:
                break
            waiting.resolved(coming[0])
            act = made_up(activations[-1], step, coming, script.patches if step == 1 else set())
            act.history_length = known + step
            commands = commands_of(activate if coming[1] or not guess else guess, act)
            if commands is None:
                break
            for command in commands:
                waiting.take(command)
                found.append((command, act.history_length))
    return found, not waiting.ended


def made_up(
    last: WorkflowActivation,
    step: int,
    coming: tuple[WorkflowActivationJob, HistoryEvent | None],
    patches: set[str],
) -> WorkflowActivation:
    """Return the activation in which this job comes to the code."""
    job, event = coming
    act = WorkflowActivation()
    act.CopyFrom(last)
    del act.jobs[:]
    act.is_replaying = True
    for patch in sorted(patches):
        act.jobs.add().notify_has_patch.patch_id = patch
    act.jobs.append(job)
    now = last.timestamp.ToNanoseconds() + step * AN_HOUR
    told = event.event_time.ToNanoseconds() if event else 0
    timestamp = Timestamp()
    timestamp.FromNanoseconds(max(now, told))
    act.timestamp.CopyFrom(timestamp)
    return act


def commands_of(activate: Activate, act: WorkflowActivation) -> list[WorkflowCommand] | None:
    """Return the Commands that an activation brings; None where the code fails."""
    try:
        completion = activate(act)
    except (Exception, SystemExit):
        return None
    if completion.HasField("failed"):
        return None
    return [
        WorkflowCommand.FromString(command.SerializeToString())
        for command in completion.successful.commands
    ]
