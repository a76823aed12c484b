"""A witness that looks closely: which lines ran, what woke them, where the code stands.

For ``explain``, and for what does not replay in ``check``: it costs too much for all histories.
Like the witness, it touches private names of the SDK.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import _workflow_instance as sdk_instance

from replaygate import frames
from replaygate.closely.activation import Activation, Places, Stand
from replaygate.closely.hearing import Heard
from replaygate.closely.reasons import Reasons
from replaygate.closely.standing import named, raised, waiting
from replaygate.closely.tracing import Follower, Woken
from replaygate.frames import Place
from replaygate.replay.witness import Activate, Witness

MOST_STANDS = 20  # tasks of which it is kept where they stand, after each activation
INSTANCE = sdk_instance._WorkflowInstanceImpl
WAIT_CONDITION = INSTANCE.workflow_wait_condition.__code__


class CloseWitness(Witness):
    """What the code of the run that is being replayed did, line by line."""

    def begin(self, events: Any) -> None:
        """Forget the run before."""
        super().begin(events)
        self.steps: list[Activation] = []
        self.after: int | None = None  # how many there were when the SDK stopped the run
        self.follower = Follower(self.woken)
        self.reasons = Reasons()
        self.made: WeakKeyDictionary[Any, Places] = WeakKeyDictionary()  # tasks, and who made them
        self.origins: WeakKeyDictionary[Any, Places] = WeakKeyDictionary()  # of a library's code
        self.standing: dict[Any, None] = {}  # the user's tasks, in the order of their beginning

    def watch(self, activate: Activate) -> Activate:
        """Take down what each activation of an instance brings, line by line."""

        def close(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if any(job.HasField("remove_from_cache") for job in act.jobs):
                return activate(act)
            self.steps.append(activation := Activation(act))
            self.reasons.begin(several=len(act.jobs) > 1)
            with self.follower.following() as activation.lines:
                try:
                    return activate(act)
                finally:
                    self.follower.quiet = True
                    self.look_where_it_stands(activation)
                    self.follower.quiet = False

        return super().watch(close)

    def take_down(self, act: WorkflowActivation, completion: WorkflowActivationCompletion) -> None:
        """Note how many Commands were given so far."""
        super().take_down(act, completion)
        self.steps[-1].given = len(self.taken)

    def stop(self, activate: Activate, act: WorkflowActivation) -> None:
        """Note how far it came before the code is run on."""
        self.after = len(self.steps)
        self.ended_early = [*self.follower.early]
        super().stop(activate, act)

    def woken(self, places: list[Place], woken: Woken) -> None:
        """Note a line that goes on or begins; it may be a better answer than the last."""
        woke = self.steps[-1].woke
        if woken is Woken.BETTER and woke:
            woke.pop()
        woke.append((self.reasons.job, tuple(places), woken is not Woken.RESUMED))

    def gave(self, frame: FrameType) -> None:
        """Note which lines give a Command: those on the stack, else those where its reason lies."""
        places = frames.of_stack(frame) or raised(self.follower.ended())
        if not places:
            task = current_task()
            places = self.follower.ended() if task in self.standing else self.reasons.origin
            places = places or self.made.get(task, ())
        self.places.append(places)
        self.steps[-1].gave.append(places)

    def printed(self, text: str, frame: FrameType) -> None:
        """Note what Workflow code prints; replay prints it again."""
        places = frames.of_stack(frame) if text.strip() and self.since else ()
        if places:
            literal = text if text in frame.f_code.co_consts else ""
            self.follower.say(Heard(text.strip(), literal, places[-1], False))

    def prepare(self, instance: Any) -> None:
        """Learn where the methods of the Workflow begin."""
        definition = instance._defn
        handlers = [*instance._signals.values(), *instance._updates.values()]
        functions = [definition.run_fn, *(handler.fn for handler in handlers)]
        codes = [getattr(inspect.unwrap(function), "__code__", None) for function in functions]
        self.follower.entries = {(c.co_filename, c.co_firstlineno) for c in codes if c}
        module = sys.modules.get(definition.cls.__module__)
        self.follower.home = getattr(module, "__file__", None) or ""

    def scheduled(self, callback: Callable[..., Any], frame: FrameType) -> Callable[..., Any]:
        """Return a callback of the event loop that tells, once it runs, because of what it does."""
        job, origin = self.reasons.job, frames.of_stack(frame)
        owner = getattr(callback, "__self__", None)
        task = owner if isinstance(owner, asyncio.Task) and owner in self.standing else None

        def caused(*arguments: Any) -> Any:
            self.reasons.run(job, origin, self.instance._conditions)
            self.follower.begin()
            goes_on = task and getattr(task.get_coro(), "cr_suspended", False)
            result = callback(*arguments)
            if goes_on and self.since and self.follower.fresh and task in self.origins:
                self.woken([*self.origins[task]], Woken.RESUMED)  # it has no line of its own
            return result

        return caused

    def look_where_it_stands(self, activation: Activation) -> None:
        """Note where each task waits that is not done."""
        for task in [task for task in self.standing if task.done()]:
            del self.standing[task]
        for task in self.standing:
            if len(activation.stands) == MOST_STANDS:
                activation.left_out = len(self.standing) - MOST_STANDS
                return
            places, state = waiting(task, WAIT_CONDITION)
            if places := places or [*self.origins.get(task, ())]:
                activation.stands.append(Stand(named(task), tuple(places), state))


def current_task() -> Any:
    """Return the task of the Workflow's event loop that runs, if one does."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
