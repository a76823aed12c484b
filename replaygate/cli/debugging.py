"""``check --pdb``: replays one history in this process, where a debugger can look at the code.

``breakpoint()`` in Workflow code works as in a Worker in debug mode. Where history and code part,
or the code raises, pdb opens at the line where the code stands.
"""

import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import _workflow as sdk_worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from replaygate import frames
from replaygate.cli.debugger import Stack, is_users, look, went_through
from replaygate.closely.closeup import current_task
from replaygate.diagnosis.diagnosis import diagnose, readable
from replaygate.diagnosis.parting import command_in_its_place
from replaygate.frames import suspended
from replaygate.inputs.sources import Source
from replaygate.judging.serving import each, one
from replaygate.mistake import Mistake
from replaygate.processes.child import Channel
from replaygate.replay import loop
from replaygate.replay.replayer import Replay
from replaygate.replay.tasks import tasks_of
from replaygate.replay.witness import STOPPED, Activate, Witness
from replaygate.targets.target import Registration, Target, resolve
from replaygate.verdict import Verdict

ONE = "--pdb replays one history: name one of {count}, {first} for one"
DEBUGGER = "_pydevd_bundle"  # of VS Code and PyCharm; it must not be imported again in the sandbox


class DebugWitness(Witness):
    """Opens the debugger where it takes down that something is wrong."""

    hidden = False  # whether a codec hides values, which a message may hold

    def stop(self, activate: Activate, act: WorkflowActivation) -> None:
        """Look at the code where it waits, before it is evicted."""
        for job in act.jobs:
            if job.remove_from_cache.reason in STOPPED and self.instance:
                words = readable(job.remove_from_cache.message)
                look(self.waits(words), f"The history does not fit: {words}")
        super().stop(activate, act)

    def take_down(self, act: WorkflowActivation, completion: WorkflowActivationCompletion) -> None:
        """Look at the code where it raised, if it did."""
        super().take_down(act, completion)
        error = getattr(self.instance, "_current_activation_error", None)
        if completion.HasField("failed") and error:
            words = type(error).__name__ if self.hidden else f"{type(error).__name__}: {error}"
            look(went_through(error.__traceback__), words)

    def begin(self, events: Sequence[HistoryEvent]) -> None:
        """Forget the run before."""
        super().begin(events)
        self.givers: list[Any] = []  # the tasks that gave the Commands

    def gave(self, frame: FrameType) -> None:
        """Note which task gives a Command."""
        super().gave(frame)
        self.givers.append(current_task())

    def waits(self, words: str) -> Stack:
        """Return the frames of the task that the mismatch lies in, else of one that waits."""
        stands = {task: waits_at(task) for task in tasks_of(self.instance)}
        lines = tuple(frames.of_coroutine(task.get_coro()) for task in stands)
        told = replace(self.testimony(), stood_at=lines)
        wrong = command_in_its_place(self.events, told, words)
        gave = [task for one, task in zip(told.given, self.givers, strict=False) if one is wrong]
        named = diagnose(self.events, told, words, mismatch=True).stood_at
        at_it = [task for task, line in zip(stands, lines, strict=True) if line == named]
        return next((stands[t] for t in (*gave, *at_it, *stands) if stands.get(t)), [])


def waits_at(task: Any) -> Stack:
    """Return the user's frames of a task that waits."""
    return [(frame, frame.f_lineno) for frame in suspended(task.get_coro()) if is_users(frame)]


def debug(sources: list[Source], target: Target, strict: bool, show_values: bool) -> Verdict:
    """Replay one history and return the verdict on it.

    Raises:
        Mistake: There are several.
        TargetError: The target can't be resolved.
    """
    if not sources:
        raise Mistake("--pdb replays one history, from a file: name it")
    if len(sources) > 1:
        raise Mistake(ONE.format(count=len(sources), first=sources[0].name))
    registrations = [debuggable(registration) for registration in resolve(target)]
    logging.getLogger("temporalio.worker").setLevel(logging.CRITICAL)  # it would tell it again
    witness = DebugWitness(on_exit=exits)
    replay = Replay(registrations, witness, strict, show_values)
    return loop.run(verdict_on(replay, witness, sources[0]))


async def verdict_on(replay: Replay, witness: DebugWitness, source: Source) -> Verdict:
    """Replay the history that a source holds."""
    found = list(each(source))
    if len(found) != 1:
        raise Mistake(ONE.format(count=len(found), first=found[0][0]))
    codecs = (worker.config["data_converter"].payload_codec for worker in replay.workers)
    witness.hidden = any(codecs) and not replay.show_values
    async with replay:
        return await one(Unheard(), replay, *found[0], source)


class Unheard(Channel):
    """Takes the place of the pipe to a parent."""

    def __init__(self) -> None:
        """Have no pipe."""

    def send(self, message: object) -> None:
        """Nobody waits for a message."""


def debuggable(registration: Registration) -> Registration:
    """Let breakpoint() through the sandbox, as the SDK does for a Worker in debug mode."""
    runner = registration.config.get("workflow_runner") or SandboxedWorkflowRunner()
    relax = getattr(sdk_worker, "_relax_sandbox_for_debugger", lambda unchanged: unchanged)
    if isinstance(runner, SandboxedWorkflowRunner):
        restrictions = runner.restrictions.with_passthrough_modules(DEBUGGER)
        runner = relax(replace(runner, restrictions=restrictions))
    return replace(registration, config={**registration.config, "workflow_runner": runner})


def exits(error: BaseException) -> None:
    """End this process where Workflow code would."""
    print(f"The code raised {type(error).__name__}, which a Workflow Task does not survive.")
    sys.stdout.flush()
    os._exit(130 if isinstance(error, KeyboardInterrupt) else 1)
