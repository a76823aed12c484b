"""Puts together what the close witness took down and what the history holds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from temporalio.api.history.v1 import HistoryEvent

from replaygate.closely.activation import Activation
from replaygate.closely.closeup import CloseWitness
from replaygate.diagnosis.step import ACCEPTED
from replaygate.diagnosis.steps import step_of
from replaygate.diagnosis.testimony import Given
from replaygate.diagnosis.wording import IN_MARKER, failure_of
from replaygate.events import command_of, detail_of, time_of, type_of
from replaygate.explain.explanation import Explanation, Frames, Gave, Row, Task, Woke
from replaygate.explain.modules import files
from replaygate.explain.pairing import Arrivals, Pairs
from replaygate.explain.taken import numbered, ran, said, shown, standing, woken
from replaygate.inputs.pending import is_open
from replaygate.replay.waiting import WaitingList
from replaygate.verdict import Verdict

OF_PATCH = "UpsertWorkflowSearchAttributes"  # which Core adds to the Marker of a patch
MOST_INSTEAD = 50  # Commands that are shown beyond where history and code part


def explain(
    verdict: Verdict, events: Sequence[HistoryEvent], witness: CloseWitness, hidden: bool
) -> Explanation:
    """Return each Event beside the code behind it, as far as the code came."""
    found = Explanation(verdict, is_open=is_open(events), hidden=hidden)
    telling = Telling(events, witness, found.parts_at, hidden)
    tasks = tuple(telling.tasks())
    return replace(
        found,
        rows=tuple(telling.rows(tasks)),
        tasks=tasks,
        files=tuple(files(witness)),
        pending=tuple(telling.pending()) if found.is_open else (),
        instead=tuple(telling.instead()) if found.parts_at else (),
        raised_at=telling.raised_at,
    )


class Telling:
    """What is known of one run, ready to be told."""

    def __init__(
        self, events: Sequence[HistoryEvent], witness: CloseWitness, parts_at: int, hidden: bool
    ) -> None:
        self.events, self.witness, self.hidden = events, witness, hidden
        self.completed = [e.event_id for e in events if type_of(e) == "WorkflowTaskCompleted"]
        told = witness.testimony(lines=False)
        self.raised_at = () if parts_at or witness.in_replay else told.raised_at
        self.given = [
            replace(one, frames=shown(places))
            for one, (_, _, places) in zip(told.given, witness.taken, strict=True)
        ]
        beyond = [] if witness.after is None else witness.steps[witness.after :]
        after = [places for step in beyond for places in step.gave]
        later = [
            replace(one, frames=shown(places or ()))
            for one, places in zip_longest(told.afterwards, after[: len(told.afterwards)])
        ]
        self.pairs = Pairs([*self.given, *later], events, parts_at)
        self.arrivals = Arrivals(events, self.pairs)

    def tasks(self) -> Iterator[Task]:
        """Yield what the code did in each Workflow Task; several activations may make up one."""
        groups: dict[int, list[Activation]] = defaultdict(list)
        gave: dict[int, list[Gave]] = defaultdict(list)
        before = 0
        for number, step in numbered(self.witness.steps[: self.witness.after], self.completed):
            groups[number].append(step)
            gave[number] += map(self.gave, self.given[before : step.given])
            before = max(before, step.given)
        for number, steps in groups.items():
            woke = tuple(woken(steps, self.arrivals))
            begun = {one.event_id: one.frames for one in woke if one.event_id}  # of an Update
            yield Task(
                event_id=self.completed[number] if number < len(self.completed) else 0,
                started_id=min([steps[0].act.history_length, *self.completed[number : number + 1]]),
                ran=ran(steps),
                said=tuple(said(steps, self.hidden)),
                gave=tuple(
                    one if one.frames else replace(one, frames=begun.get(one.event_id, ()))
                    for one in gave[number]
                ),
                woke=woke,
                stands=tuple(standing(steps[-1], self.hidden)),
                left_out=steps[-1].left_out,
            )

    def rows(self, tasks: Sequence[Task]) -> Iterator[Row]:
        """Yield the Events, each with the code behind it."""
        number_of = {task.event_id: number for number, task in enumerate(tasks) if task.event_id}
        woke: dict[int, dict[Woke, None]] = defaultdict(dict)  # each of them once
        for one in (one for task in tasks for one in task.woke):
            woke[one.event_id][one] = None
        lines: Frames = ()
        for event in self.events:
            expected = self.pairs.by_event.get(event.event_id)
            if expected or type_of(event) != OF_PATCH:  # else the line of the Marker before it
                lines = expected.given.frames if expected else ()
            because = [*woke[event.event_id]]
            if type_of(event) == ACCEPTED and not lines and because:
                lines = because.pop(0).frames
            yield Row(
                event.event_id,
                time_of(event),
                type_of(event),
                detail(event),
                command_of(expected.given.command) if expected else "",
                lines,
                tuple(because),
                number_of.get(event.event_id),
            )

    def gave(self, given: Given) -> Gave:
        """Return a Command, with the Event that it became."""
        event = self.pairs.events.get(id(given), 0)
        hides = self.hidden and given.command.HasField("fail_workflow_execution")
        told = failure_of(given.command, True) if hides else detail_of(given.command)
        return Gave(command_of(given.command), told, given.frames, event)

    def pending(self) -> Iterator[Gave]:
        """Yield the Commands that nothing has come of yet."""
        activations = [step.act for step in self.witness.steps[: self.witness.after]]
        waiting = WaitingList([given.command for given in self.given], activations).all
        for given in self.given:
            variant = given.command.WhichOneof("variant") or ""
            seq = getattr(getattr(given.command, variant, None), "seq", 0)
            if (variant, seq) in waiting:
                yield self.gave(given)

    def instead(self) -> Iterator[Gave]:
        """Yield the Commands that the code gave in place of the Events that do not suit it."""
        for expected in self.pairs.left[:MOST_INSTEAD]:
            yield self.gave(expected.given)


def detail(event: HistoryEvent) -> str:
    """Return what tells an Event from others of its type; of a Marker, what it is for."""
    step = step_of(event) if type_of(event) == "MarkerRecorded" else None
    if not step or step.kind not in IN_MARKER:
        return detail_of(event)
    return f"{IN_MARKER[step.kind]} {step.name}"
