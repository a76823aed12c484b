"""Explains in a process of its own, which the user's code can neither hold up nor hurt."""

import io
import sys
import threading
from collections.abc import Iterator, Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.closely.causes import install_close
from replaygate.closely.closeup import CloseWitness
from replaygate.explain.explanation import Explanation
from replaygate.explain.telling import explain
from replaygate.inputs.formats import NotAHistory
from replaygate.inputs.sources import Source
from replaygate.judging.deadlock import DEADLOCK, Last, watch
from replaygate.judging.replay_process import TO_RESOLVE, time_for
from replaygate.judging.serving import Begins, Settings, each, one, refuse_breakpoint
from replaygate.processes.child import Channel, Child, Died, context
from replaygate.replay import loop
from replaygate.replay.replayer import Replay
from replaygate.replay.stopped import would_exit
from replaygate.targets.target import Target, TargetError, resolve
from replaygate.verdict import Outcome, Verdict

SLOWER = 5  # times that code may take when it is followed line by line


def explanations(
    source: Source,
    target: Target,
    timeout: float,
    show_values: bool = False,
    start_method: str = "",
) -> Iterator[Explanation]:
    """Yield an explanation of each history of a source.

    Raises:
        TargetError: The target can't be resolved.
    """
    settings = Settings(target, show_values=show_values)
    child = Child(context(start_method), serve, settings, source)
    patience = max(TO_RESOLVE, timeout)
    try:
        while True:
            late = not child.pipe.poll(patience)
            match Died(f"there is no answer within {patience:g} s") if late else child.receive():
                case TargetError() as error:
                    raise error
                case Begins(events):
                    patience = time_for(SLOWER * events, timeout)
                    continue
                case Died(reason):
                    yield Explanation(Verdict(source.name, Outcome.UNVERIFIED, reason))
                    return
                case Explanation() as explanation:
                    yield explanation
                case _:
                    return
            patience = timeout
    finally:
        child.kill()


class Teller(Channel):
    """Sends explanations where a replay process sends verdicts."""

    def __init__(self, channel: Channel, settings: Settings) -> None:
        super().__init__(channel.pipe)
        self.settings = settings
        self.events: Sequence[HistoryEvent] = ()
        self.witness = CloseWitness(
            on_exit=lambda error: self.leave(
                Last(would_exit(self.replay.current, error, self.replay.hides_values))
            ),
            on_breakpoint=refuse_breakpoint,
        )
        self.replay = Replay(resolve(settings.target), self.witness, False, settings.show_values)
        install_close(self.witness)

    def explanation(self, verdict: Verdict) -> Explanation:
        """Put together what is known, also while the code still runs."""
        if not self.events:
            return Explanation(verdict)
        return explain(verdict, self.events, self.witness, self.replay.hides_values)

    def leave(self, message: object) -> None:
        """End this process, whatever the code does; first explain as far as it came."""
        if isinstance(message, Last):
            self.send(self.explanation(message.verdict))
        super().leave(None)


def serve(channel: Channel, settings: Settings, source: Source) -> None:
    """Explain the histories of a source; runs in a process of its own."""
    try:
        teller = Teller(channel, settings)
    except TargetError as error:
        channel.leave(error)
    sys.stdout = Overheard(teller.witness)
    arguments = (teller.replay, teller, SLOWER * DEADLOCK)
    threading.Thread(target=watch, args=arguments, daemon=True).start()
    loop.run(answer(teller, source))
    teller.leave(None)


async def answer(teller: Teller, source: Source) -> None:
    """Send an explanation of each history."""
    async with teller.replay:
        for name, found in each(source):
            teller.events = () if isinstance(found, NotAHistory) else found.events
            teller.witness.begin(teller.events)
            verdict = await one(teller, teller.replay, name, found, source)
            teller.send(teller.explanation(verdict))


class Overheard(io.StringIO):
    """Takes down what Workflow code prints, and swallows the rest."""

    def __init__(self, witness: CloseWitness) -> None:
        super().__init__()
        self.witness = witness

    def write(self, text: str) -> int:
        """Take a text."""
        self.witness.printed(text, sys._getframe(1))
        return len(text)
