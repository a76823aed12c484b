"""Because of which job code runs: what came from outside wakes code, which may wake more."""

from collections.abc import Callable, Iterable
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from replaygate.closely.state import State, of_condition
from replaygate.frames import Place

Job = WorkflowActivationJob | None
Condition = tuple[Callable[[], bool], Any]  # and the future that is done once it is true


class Reasons:
    """The job behind the code that runs, and the jobs behind what conditions look at.

    Conditions are looked at when all the jobs of an activation have run. The one that made a
    condition true is then the last that changed what the condition looks at.
    """

    def __init__(self) -> None:
        self.begin(several=False)

    def begin(self, several: bool) -> None:
        """An activation begins; of several jobs it must be seen which of them changes what."""
        self.several = several
        self.job: Job = None  # because of which code runs, or is scheduled to run
        self.ran: Job = None  # because of which code ran last
        self.origin: tuple[Place, ...] = ()  # the user's lines that scheduled what runs
        self.states: dict[Any, State] = {}  # what conditions look at, by their futures
        self.changed: dict[Any, Job] = {}  # the job that changed it last

    def run(self, job: Job, origin: tuple[Place, ...], conditions: Iterable[Condition]) -> None:
        """Note because of what code runs now, and what the code before it has changed."""
        if self.several and job is not self.ran:
            self.look(conditions)
        self.job = self.ran = job
        self.origin = origin

    def check(self, condition: Condition) -> None:
        """Note because of what a condition is true now, if it is."""
        if self.several:
            self.look([condition])
        self.job = self.changed.get(condition[1], self.ran)
        self.origin = ()

    def look(self, conditions: Iterable[Condition]) -> None:
        """Note what has changed since the last look; a new condition is a change too."""
        for condition, future in conditions:
            state = of_condition(condition)
            if self.states.get(future, None if self.ran else state) != state:
                self.changed[future] = self.ran
            self.states[future] = state
