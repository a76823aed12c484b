"""What the steps of a Workflow Task brought, as the data that is shown."""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from replaygate import frames
from replaygate.closely.step import Places, Step
from replaygate.explain.explanation import Frames, Said, Standing, Woke
from replaygate.explain.pairing import Arrivals


def numbered(steps: Iterable[Step], completed: Sequence[int]) -> Iterator[tuple[int, Step]]:
    """Yield each step with the number of its Workflow Task; ``completed`` are their last Events.

    Core hands over Workflow Tasks in which nothing happened, heartbeats of a Local Activity for
    one, together with the one before; what ran at once ran in the first of them.
    """
    known, done = 0, -1
    for step in steps:
        last, first = known, done + 1
        known = step.act.history_length
        done = bisect(completed, known)
        yield done if known == last else min(done, first), step


def ran(steps: Iterable[Step]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the lines that ran, by file."""
    lines: dict[str, set[int]] = defaultdict(set)
    for step in steps:
        for file, line in step.lines.ran:
            lines[file].add(line)
    return tuple((frames.relative(file), tuple(sorted(ran))) for file, ran in lines.items())


def woken(steps: Sequence[Step], arrivals: Arrivals) -> Iterator[Woke]:
    """Yield the lines that went on or began, each with the Event that told of the reason."""
    for step in steps:
        known = step.act.history_length
        events = {id(job): arrivals.event_of(job, known) for job in step.jobs}
        for job, places, begins in step.woke:
            yield Woke(events.get(id(job), 0), shown(places), begins)


def said(steps: Sequence[Step], hidden: bool) -> Iterator[Said]:
    """Yield what the code put out; under a codec only what stands in the code itself."""
    for step in steps:
        for text, literal, place, silent in step.lines.said:
            yield Said(literal if hidden else text, shown((place,))[0], silent)


def standing(step: Step, hidden: bool) -> Iterator[Standing]:
    """Yield where tasks stood, those that stood alike together."""
    alike: Counter[Standing] = Counter()
    for stand in step.stands:
        state = tuple((name, "" if hidden else value) for name, value in stand.state)
        alike[Standing(stand.name, shown(stand.places), state)] += 1
    yield from (replace(standing, alike=count) for standing, count in alike.items())


@cache
def shown(places: Places) -> Frames:
    """Make frames of places, the same for the same."""
    return frames.shown(places)
