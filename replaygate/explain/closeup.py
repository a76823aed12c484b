"""A witness that looks closely: which lines ran, what woke them, where the code stands.

For ``explain``, which replays one history; it costs too much for ``check``. Like the witness, it
touches private names of the SDK.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import _workflow_instance as sdk_instance

from replaygate import frames
from replaygate.explain.standing import State, named, of_exception, source_of, waiting
from replaygate.explain.tracing import Follower, Heard, Lines, Woken
from replaygate.frames import Place
from replaygate.replay.witness import Activate, Witness

Places = tuple[Place, ...]
Job = WorkflowActivationJob | None
MOST_STANDS = 20  # tasks of which it is kept where they stand, after each activation
INSTANCE = sdk_instance._WorkflowInstanceImpl
WAIT_CONDITION = INSTANCE.workflow_wait_condition.__code__


@dataclass
class Stand:
    """Where a task waits."""

    name: str
    places: Places
    state: State


@dataclass
class Step:
    """What the code did in one activation."""

    act: WorkflowActivation
    jobs: list[WorkflowActivationJob] = field(default_factory=list)  # as they were applied
    lines: Lines = field(default_factory=Lines)
    woke: list[tuple[Job, Places, bool]] = field(default_factory=list)  # whether it begins
    gave: list[Places] = field(default_factory=list)
    stands: list[Stand] = field(default_factory=list)
    left_out: int = 0


class CloseWitness(Witness):
    """What the code of the run that is being replayed did, line by line."""

    def begin(self, events: Any) -> None:
        """Forget the run before."""
        super().begin(events)
        self.steps: list[Step] = []
        self.after: int | None = None  # how many steps there were when the SDK stopped the run
        self.follower = Follower(self.woken)
        self.job: Job = None  # because of which the code runs now
        self.jobs: list[Job] = []  # because of which it ran since conditions were checked last
        self.origin: Places = ()  # the user's lines that scheduled what runs now
        self.made: WeakKeyDictionary[Any, Places] = WeakKeyDictionary()  # tasks, and who made them
        self.standing: dict[Any, None] = {}  # the user's tasks, in the order of their beginning

    def watch(self, activate: Activate) -> Activate:
        """Take down what each activation of an instance brings, line by line."""

        def close(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if any(job.HasField("remove_from_cache") for job in act.jobs):
                return activate(act)
            self.steps.append(step := Step(act))
            self.job, self.jobs = None, []
            with self.follower.following() as step.lines:
                try:
                    return activate(act)
                finally:
                    self.follower.quiet = True
                    self.look_where_it_stands(step)
                    self.follower.quiet = False

        return super().watch(close)

    def stop(self, activate: Activate, act: WorkflowActivation) -> None:
        """Note how far it came before the code is run on."""
        self.after = len(self.steps)
        super().stop(activate, act)

    def woken(self, places: list[Place], woken: Woken) -> None:
        """Note a line that goes on or begins; it may be a better answer than the last."""
        woke = self.steps[-1].woke
        if woken is Woken.BETTER and woke:
            woke.pop()
        woke.append((self.job, tuple(places), woken is not Woken.RESUMED))

    def gave(self, frame: FrameType) -> None:
        """Note which lines give a Command: those on the stack, else those where its reason lies."""
        places = frames.of_stack(frame) or self.raised()
        if not places:
            task = current_task()
            places = self.ended() if task in self.standing else self.origin
            places = places or self.made.get(task, ())
        self.places.append(places)
        self.steps[-1].gave.append(places)

    def raised(self) -> Places:
        """Return the lines that the exception went through that is handled, or raised it anew."""
        places = of_exception(sys.exc_info()[2])
        last = self.ended() if places else ()
        anew = last and last[0] not in places and source_of(last[0]).startswith("raise")
        return last if anew else places

    def printed(self, text: str, frame: FrameType) -> None:
        """Note what Workflow code prints; replay prints it again."""
        places = frames.of_stack(frame) if text.strip() and self.since else ()
        if places:
            literal = text if text in frame.f_code.co_consts else ""
            self.follower.say(Heard(text.strip(), literal, places[-1], False))

    def ended(self) -> Places:
        """Return the line at which a method of the Workflow has just returned."""
        returned = self.follower.returned
        own = [place for place, is_own in returned if is_own]
        in_class = [place for place, _ in returned if place[0] == self.follower.home]
        both = [place for place in own if place in in_class]
        return tuple((both or in_class or own or [place for place, _ in returned])[-1:])

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
        job, origin = self.job, frames.of_stack(frame)

        def caused(*arguments: Any) -> Any:
            self.because(job, origin)
            return callback(*arguments)

        return caused

    def because(self, job: Job, origin: Places = ()) -> None:
        """Note because of what code runs now."""
        self.job, self.origin = job, origin
        self.jobs.append(job)
        self.follower.begin()

    def look_where_it_stands(self, step: Step) -> None:
        """Note where each task waits that is not done."""
        for task in [task for task in self.standing if task.done()]:
            del self.standing[task]
        for task in self.standing:
            if len(step.stands) == MOST_STANDS:
                step.left_out = len(self.standing) - MOST_STANDS
                return
            places, state = waiting(task, WAIT_CONDITION)
            if places:
                step.stands.append(Stand(named(task), tuple(places), state))


def current_task() -> Any:
    """Return the task of the Workflow's event loop that runs, if one does."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
