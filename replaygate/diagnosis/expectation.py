"""Which Events Core expects to find for the Commands that code gave.

Read from Core's state machines: what is cancelled in the Workflow Task that asks for it leaves no
Event, a patch leaves one Marker however often it is asked for, a closing Command comes last.
https://github.com/temporalio/sdk-core/tree/master/crates/sdk-core/src/worker/workflow/machines
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.cancellation import CANCELS, is_abandoned
from replaygate.diagnosis.step import ACCEPTED, PATCH, UPDATED, Step
from replaygate.diagnosis.steps import given_step
from replaygate.diagnosis.testimony import Given
from replaygate.events import CLOSING, type_of

MOVES_CLOSING = 3  # Core's flag: a closing Command comes last; before, it cut off what follows


@dataclass(frozen=True)
class Expected:
    """A step that the code gave a Command for."""

    step: Step
    given: Given


@dataclass
class Expectation:
    """The steps that Commands lead to, in the order in which Core expects their Events."""

    steps: list[Expected] = field(default_factory=list)
    withdrawn: list[Expected] = field(default_factory=list)  # cancelled before they were sent
    abandoned: list[Expected] = field(default_factory=list)  # cancelled without a request
    rejected: list[Expected] = field(default_factory=list)  # Updates that the code did not accept
    # The steps, also those that were withdrawn, and what withdrew them.
    meant: list[Expected] = field(default_factory=list)


def expectation(given: Sequence[Given], events: Sequence[HistoryEvent]) -> Expectation:
    """Return what Core expects of a history for these Commands."""
    reading = Reading(events)
    for one in given:
        reading.read(one)
    reading.close()
    return reading.found


class Reading:
    """Reads one Command after the other."""

    def __init__(self, events: Sequence[HistoryEvent]) -> None:
        self.found = Expectation()
        self.closing: Expected | None = None
        self.started: dict[tuple[str, int], Expected] = {}  # by kind of Command and seq
        self.patches: set[str] = set()
        self.accepted: set[str] = set()  # Updates, by their protocol instance
        self.updates = names_of_updates(events)
        self.completed = [e.event_id for e in events if type_of(e) == "WorkflowTaskCompleted"]
        self.moves_closing = MOVES_CLOSING in core_flags(events)

    def read(self, given: Given) -> None:
        """Take in a Command."""
        if self.closing and not self.moves_closing:
            return
        if self.closing and self.task(self.closing.given) != self.task(given):
            self.close()
        variant = given.command.WhichOneof("variant") or ""
        told = getattr(given.command, variant, None)
        if variant in CANCELS:
            self.cancel(given, *CANCELS[variant])
        elif variant == "update_response":
            self.respond(given, told)
        elif step := given_step(given.command):
            self.expect(Expected(step, given), variant, getattr(told, "seq", 0))

    def expect(self, one: Expected, variant: str, seq: int) -> None:
        """Take in a step, unless Core passes over it."""
        if one.step.kind in CLOSING:
            self.closing = self.closing or one
            return
        if one.step.kind == PATCH:
            if one.step.name in self.patches:
                return
            self.patches.add(one.step.name)
        self.started[variant, seq] = one
        self.expected(one)

    def close(self) -> None:
        """Note the closing Command behind all others of its Workflow Task."""
        if self.closing and self.closing not in self.found.steps:
            self.expected(self.closing)

    def expected(self, one: Expected) -> None:
        """Note a step that leaves an Event."""
        self.found.steps.append(one)
        self.found.meant.append(one)

    def cancel(self, given: Given, cancelled: str, seq_field: str, event: str) -> None:
        """Take in a cancellation: it withdraws, asks for a request, or leaves no trace."""
        told = getattr(given.command, given.command.WhichOneof("variant") or "")
        origin = self.started.get((cancelled, getattr(told, seq_field)))
        if not origin:
            return
        if self.task(origin.given) == self.task(given):
            if origin in self.found.steps:
                self.found.steps.remove(origin)
                self.found.withdrawn.append(origin)
                about = replace(origin.step, kind=event, seconds=0)
                self.found.meant.append(Expected(about, given))
        elif is_abandoned(origin.given.command):
            self.found.abandoned.append(origin)
        elif event:
            about = replace(origin.step, kind=event, seconds=0)
            self.expected(Expected(about, given))

    def respond(self, given: Given, told: Any) -> None:
        """Take in the answer to an Update."""
        name = self.updates.get(told.protocol_instance_id, "")
        step = Step(UPDATED, name, told.protocol_instance_id)
        if told.HasField("accepted"):
            self.accepted.add(told.protocol_instance_id)
            step = replace(step, kind=ACCEPTED)
        elif told.protocol_instance_id not in self.accepted:
            self.found.rejected.append(Expected(step, given))
            return
        self.expected(Expected(step, given))

    def task(self, given: Given) -> tuple[int, int]:
        """Return which Workflow Task gave a Command; beyond the history, each is its own."""
        number = bisect(self.completed, given.known)
        return number, given.known if number == len(self.completed) else 0


def names_of_updates(events: Sequence[HistoryEvent]) -> Mapping[str, str]:
    """Return the names of the accepted Updates by their protocol instances."""
    accepted = (event.workflow_execution_update_accepted_event_attributes for event in events)
    return {told.protocol_instance_id: told.accepted_request.input.name for told in accepted}


def core_flags(events: Sequence[HistoryEvent]) -> set[int]:
    """Return the flags of Core that the Workers set which made this history."""
    completed = (event.workflow_task_completed_event_attributes for event in events)
    return {flag for told in completed for flag in told.sdk_metadata.core_used_flags}
