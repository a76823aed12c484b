"""Takes down what Workflow code does in a replay."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import RemoveFromCache, WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

from replaygate import frames
from replaygate.diagnosis.testimony import Given, Lost, Testimony
from replaygate.replay.tasks import lost_in, tasks_of
from replaygate.verdict import Frame

# Core stops a run for the latter where Commands are missing that it can't even compare.
STOPPED = {RemoveFromCache.EvictionReason.NONDETERMINISM, RemoveFromCache.EvictionReason.FATAL}

Activate = Callable[[WorkflowActivation], WorkflowActivationCompletion]
Taken = tuple[bytes, int, tuple[frames.Place, ...]]  # a Command, the last Event known, the stack


class Witness:
    """What the code of the run that is being replayed did so far."""

    def __init__(
        self,
        on_exit: Callable[[BaseException], None] | None = None,
        on_breakpoint: Callable[..., None] | None = None,
        look_again: "Callable[[Witness], None] | None" = None,
    ) -> None:
        self.on_exit = on_exit  # called where Workflow code raises through the SDK, as sys.exit
        self.on_breakpoint = on_breakpoint  # called by breakpoint(); the SDK's own hook by default
        self.process = os.getpid()
        self.look_again = look_again  # called where the history does not fit, to find more lines
        self.make: Callable[[], Any] = lambda: None  # makes another instance of the Workflow
        self.begin(())

    def begin(self, events: Sequence[HistoryEvent]) -> None:
        """Forget the run before; these Events are replayed next."""
        self.events = events
        self.told: dict[str, str] = {}  # of workflow.info(), what the SDK's Replayer makes up
        self.activations: list[WorkflowActivation] = []
        self.taken: list[Taken] = []
        self.places: list[tuple[frames.Place, ...]] = []  # of the Commands of this activation
        self.failure: Failure | None = None
        self.failed_knowing = 0
        self.in_replay = True  # whether the code failed in a Workflow Task that was completed
        self.stood_at: tuple[tuple[Frame, ...], ...] = ()
        self.lost: Lost | None = None
        self.afterwards: list[tuple[WorkflowCommand, int]] = []
        self.ran_out = False
        self.ended_early: list[frames.Place] = []  # where methods returned, if looked at
        self.result_type: type | None = None
        self.refused: BaseException | None = None  # why the Workflow could not be made
        self.instance: Any = None
        self.since = 0.0  # when the code was entered; 0 while it does not run

    def testimony(self, lines: bool = True) -> Testimony:
        """Return all that was taken down, as data; to find the lines of code takes time."""
        given = tuple(
            Given(WorkflowCommand.FromString(command), known, frames.shown(places) if lines else ())
            for command, known, places in self.taken
        )
        ends = [one.command.fail_workflow_execution for one in given]
        failures = [self.failure, *(end.failure for end in ends if end.HasField("failure"))]
        return Testimony(
            given=given,
            afterwards=tuple(Given(command, known, ()) for command, known in self.afterwards),
            ran_out=self.ran_out,
            stood_at=self.stood_at,
            ended_early=frames.shown(self.ended_early),
            lost=self.lost,
            failure=self.failure,
            failed_knowing=self.failed_knowing,
            raised_at=next((frames.of_text(one.stack_trace) for one in failures if one), ()),
        )

    def asked_patches(self) -> list[str]:
        """Return the patches that the code asked for in vain."""
        asked = self.instance._patches_memoized if self.instance else {}
        return [patch for patch, there in asked.items() if not there]

    def result(self) -> Payload | None:
        """Return with what the code completed the Execution, before a codec hides it."""
        last = WorkflowCommand.FromString(self.taken[-1][0]) if self.taken else WorkflowCommand()
        completed = last.HasField("complete_workflow_execution")
        return last.complete_workflow_execution.result if completed else None

    def lacks_lines(self) -> bool:
        """Tell whether a closer look may find more: where Commands come from, a handler ended."""
        handles = any(job.HasField("signal_workflow") for a in self.activations for job in a.jobs)
        return handles or not all(places for _, _, places in self.taken)

    def watch(self, activate: Activate) -> Activate:
        """Take down what each activation of an instance brings."""

        def watched(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if any(job.HasField("remove_from_cache") for job in act.jobs):
                with suppress(Exception):  # of ours: Core would ask for the eviction for ever
                    self.stop(activate, act)
                return activate(act)
            self.activations.append(act)
            self.places.clear()
            self.since = time.monotonic()
            try:
                completion = activate(act)
            except BaseException as error:
                if self.on_exit and not isinstance(error, Exception):
                    self.on_exit(error)
                raise
            finally:
                self.since = 0.0
                if os.getpid() != self.process:
                    os._exit(0)  # Workflow code forked it; it would take what is meant for us
            self.take_down(act, completion)
            return completion

        return watched

    def gave(self, frame: FrameType) -> None:
        """Note which lines of the user's code give the Command that the SDK adds in this frame."""
        self.places.append(frames.of_stack(frame))

    def take_down(self, act: WorkflowActivation, completion: WorkflowActivationCompletion) -> None:
        """Note the Commands of a completion, before a codec hides them, or its failure."""
        if completion.HasField("failed"):
            self.failure = Failure.FromString(completion.failed.failure.SerializeToString())
            self.failed_knowing, self.in_replay = act.history_length, act.is_replaying
            return
        for number, command in enumerate(completion.successful.commands):
            places = self.places[number] if number < len(self.places) else ()
            self.taken.append((command.SerializeToString(), act.history_length, places))

    def stop(self, activate: Activate, act: WorkflowActivation) -> None:
        """Note where the code waits before it is evicted, and what it would do next."""
        reasons = {job.remove_from_cache.reason for job in act.jobs}
        if not reasons & STOPPED or not self.instance:
            return
        self.ran_out = True  # unless it is run on to its end
        from replaygate.replay.guessing import guessing  # most runs do without them
        from replaygate.replay.running_on import run_on

        stands = (frames.of_coroutine(task.get_coro()) for task in tasks_of(self.instance))
        self.stood_at = tuple(filter(None, stands))
        if error := lost_in(self.instance._primary_task):
            places = frames.of_traceback(error.__traceback__)
            self.lost = Lost(type(error).__name__, str(error), places)
        if self.look_again and self.lacks_lines():
            self.look_again(self)
        commands = [WorkflowCommand.FromString(command) for command, _, _ in self.taken]
        guess = guessing(self.instance, activate)
        self.afterwards, self.ran_out = run_on(
            activate, self.activations, commands, self.events, guess=guess
        )
