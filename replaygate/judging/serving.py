"""What a replay process does: it answers each source that it is sent with verdicts."""

import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from replaygate.inputs.checks import begun, check
from replaygate.inputs.formats import Found, NotAHistory, read
from replaygate.inputs.sources import Source
from replaygate.judging.deadlock import Last, watch
from replaygate.processes.child import Channel
from replaygate.replay import loop
from replaygate.replay.replayer import Replay
from replaygate.replay.stopped import would_exit
from replaygate.replay.witness import Witness
from replaygate.targets.target import Target, TargetError, resolve
from replaygate.verdict import Outcome, Verdict

LONG = 2_000  # Events; a longer history gets more time
PROVES_NOTHING = "it holds no completed Workflow Task, so a replay proves nothing"


@dataclass(frozen=True)
class Settings:
    """What each replay process must know."""

    target: Target
    strict: bool = False
    show_values: bool = False


@dataclass(frozen=True)
class Told:
    """A verdict, if there is one more, and whether its source holds more histories."""

    verdict: Verdict | None
    more: bool = False


@dataclass(frozen=True)
class Begins:
    """A history is replayed now that is long, or not the only one of its source."""

    events: int
    several: bool


def serve(channel: Channel, settings: Settings, core: int | None) -> None:
    """Resolve the target, then replay what comes through the channel."""
    if core is not None:
        os.sched_setaffinity(0, {core})  # Core's threads hand over faster on one core
    try:
        registrations = resolve(settings.target)
    except TargetError as error:
        channel.leave(error)
    gc.freeze()  # what is there now stays
    channel.send(None)  # the target is resolved
    witness = Witness(
        on_exit=lambda error: channel.leave(
            Last(would_exit(replay.current, error, replay.hides_values))
        ),
        on_breakpoint=refuse_breakpoint,
        look_again=look_again,
    )
    replay = Replay(registrations, witness, settings.strict, settings.show_values)
    threading.Thread(target=watch, args=(replay, channel), daemon=True).start()
    loop.run(answer(channel, replay))


def look_again(witness: Witness) -> None:
    """Look closely at code that a history does not fit."""
    from replaygate.closely.again import look_again as look  # most runs do without it

    look(witness)


def refuse_breakpoint(*_: object, **__: object) -> None:
    """Fail the Workflow Task, because a Worker would: nobody is there to debug."""
    raise RuntimeError("breakpoint() stops a Worker: remove it from the Workflow code")


async def answer(channel: Channel, replay: Replay) -> None:
    """Send a verdict for each history that comes through the channel."""
    async with replay:
        while True:
            for source in channel.receive():
                left = source.skip
                verdict = None
                for name, found in each(source):
                    if left:
                        left -= 1
                        continue
                    if verdict:
                        channel.send(Told(verdict, more=True))
                    verdict = await one(channel, replay, name, found, source)
                channel.send(Told(verdict))


def each(source: Source) -> Iterator[tuple[str, Found | NotAHistory]]:
    """Yield the histories of a source by their names; in place of one, why there is none."""
    try:
        for found in read(source):
            yield f"{source.name}{found.label}", found
    except NotAHistory as error:
        yield source.name, error
    except MemoryError:
        yield source.name, NotAHistory("to read it takes more memory than a history may")


async def one(
    channel: Channel, replay: Replay, name: str, found: Found | NotAHistory, source: Source
) -> Verdict:
    """Give the verdict on one history."""
    if isinstance(found, NotAHistory):
        return Verdict(name, Outcome.UNVERIFIED, str(found))
    try:
        check(found.events)
    except NotAHistory as error:
        return Verdict(name, Outcome.UNVERIFIED, str(error))
    if not begun(found.events):
        kind = found.events[0].workflow_execution_started_event_attributes.workflow_type.name
        why = "" if source.from_service else PROVES_NOTHING
        return Verdict(name, Outcome.NOT_BEGUN, why, kind, found.workflow_id, found.run_id)
    if len(found.events) > LONG or found.label:
        channel.send(Begins(len(found.events), bool(found.label)))
    return await replay(name, found, source.from_service)
