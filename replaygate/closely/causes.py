"""Lets the SDK tell a close witness why code runs. It touches private names of the SDK."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from replaygate import frames
from replaygate.closely.closeup import INSTANCE, CloseWitness
from replaygate.closely.standing import origin_of


def install_close(witness: CloseWitness) -> None:
    """Let the SDK tell this witness, for the rest of the process, why code runs.

    What a job of an activation schedules, and what that schedules in turn, runs because of it.
    """
    apply, call_soon = INSTANCE._apply, INSTANCE.call_soon
    register, check = INSTANCE._register_task, INSTANCE._check_condition

    def applied(self: Any, job: WorkflowActivationJob) -> None:
        if not witness.follower.entries:
            witness.prepare(self)
        witness.reasons.job = job
        witness.steps[-1].jobs.append(job)
        timer = self._pending_timers.get(job.fire_timer.seq) if job.HasField("fire_timer") else None
        if timer:  # it goes to the event loop without call_soon
            timer._callback = witness.scheduled(timer._callback, sys._getframe())
        apply(self, job)

    def soon(self: Any, callback: Callable[..., Any], *arguments: Any, **context: Any) -> Any:
        caused = witness.scheduled(callback, sys._getframe(1))
        return call_soon(self, caused, *arguments, **context)

    def registered(self: Any, task: Any, **name: Any) -> None:
        register(self, task, **name)
        if origin := origin_of(task.get_coro()):
            witness.origins[task] = origin
        witness.made[task] = origin or frames.of_stack(sys._getframe(1))
        if type(task) is asyncio.Task:  # else it is an Activity's or a Child Workflow's handle
            witness.standing[task] = None

    def checked(self: Any, condition: Any, future: Any) -> bool:
        witness.reasons.check((condition, future))
        witness.follower.begin()
        witness.follower.quiet = True
        try:
            return check(self, condition, future)
        finally:
            witness.follower.quiet = False

    INSTANCE._apply = applied  # type: ignore[method-assign]
    INSTANCE.call_soon = soon  # type: ignore[method-assign,assignment]
    INSTANCE._register_task = registered  # type: ignore[method-assign]
    INSTANCE._check_condition = checked  # type: ignore[method-assign,assignment]
