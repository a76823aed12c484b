"""What the activations of a Workflow Task brought, as the data that is shown."""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from replaygate import frames
from replaygate.closely.activation import Activation, Places
from replaygate.explain.explanation import Frames, Said, Standing, Woke
from replaygate.explain.pairing import Arrivals


def numbered(
    activations: Iterable[Activation], completed: Sequence[int]
) -> Iterator[tuple[int, Activation]]:
    """Yield each with the number of its Workflow Task; ``completed`` are the last Events of these.

    Core hands over Workflow Tasks in which nothing happened, heartbeats of a Local Activity for
    one, together with the one before; what ran at once ran in the first of them.
    """
    known, done = 0, -1
    for activation in activations:
        last, first = known, done + 1
        known = activation.act.history_length
        done = bisect(completed, known)
        yield done if known == last else min(done, first), activation


def ran(activations: Iterable[Activation]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the lines that ran, by file."""
    lines: dict[str, set[int]] = defaultdict(set)
    for activation in activations:
        for file, line in activation.lines.ran:
            lines[file].add(line)
    return tuple((frames.relative(file), tuple(sorted(ran))) for file, ran in lines.items())


def woken(activations: Sequence[Activation], arrivals: Arrivals) -> Iterator[Woke]:
    """Yield the lines that went on or began, each with the Event that told of the reason."""
    for activation in activations:
        known = activation.act.history_length
        events = {id(job): arrivals.event_of(job, known) for job in activation.jobs}
        for job, places, begins in activation.woke:
            yield Woke(events.get(id(job), 0), shown(places), begins)


def said(activations: Sequence[Activation], hidden: bool) -> Iterator[Said]:
    """Yield what the code put out; under a codec only what stands in the code itself."""
    for activation in activations:
        for text, literal, place, silent in activation.lines.said:
            yield Said(literal if hidden else text, shown((place,))[0], silent)


def standing(activation: Activation, hidden: bool) -> Iterator[Standing]:
    """Yield where tasks stood, those that stood alike together."""
    alike: Counter[Standing] = Counter()
    for stand in activation.stands:
        state = tuple((name, "" if hidden else value) for name, value in stand.state)
        alike[Standing(stand.name, shown(stand.places), state)] += 1
    yield from (replace(standing, alike=count) for standing, count in alike.items())


@cache
def shown(places: Places) -> Frames:
    """Make frames of places, the same for the same."""
    return frames.shown(places)
