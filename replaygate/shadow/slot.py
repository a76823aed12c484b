"""A place for one replay process, which stays up from slice to slice, in a Worker with threads."""

import asyncio
import multiprocessing
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from replaygate.inputs.sources import Source
from replaygate.judging.pool import judge
from replaygate.targets.target import Target
from replaygate.verdict import Verdict

END = Source("")  # it is empty; the verdict on it comes behind those on all that was sent before
# A Worker has threads, so it must not fork; a fork server has none.
START_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
PRELOADED = ["replaygate.judging.serving"]

Answer = Verdict | Exception


def start_method() -> str:
    """Return how processes start here; the fork server, if any, imports what replays but once."""
    multiprocessing.get_context(START_METHOD).set_forkserver_preload(PRELOADED)
    return START_METHOD


class Abandoned(Exception):
    """What is being replayed is wanted no more."""


class Feed:
    """Sources for ``judge``, which waits for them at the end of a pipe."""

    def __init__(self) -> None:
        self.pipe, self.bell = multiprocessing.Pipe(duplex=False)
        self.sources: deque[Source | None] = deque()

    def send(self, source: Source | None) -> None:
        """Have a source replayed, or end it all."""
        self.sources.append(source)
        self.bell.send_bytes(b".")

    def receive(self) -> Source:
        """Return the next source.

        Raises:
            Abandoned: There is none, and what was sent before is wanted no more.
        """
        self.pipe.recv_bytes()
        source = self.sources.popleft()
        if source is None:
            raise Abandoned
        return source


class Slot:
    """One ``judge`` with one process, in a thread."""

    def __init__(self, target: Target, cores: Sequence[int]) -> None:
        self.target, self.cores = target, cores
        self.settings: tuple[bool, float] | None = None
        self.feed = Feed()
        self.answers: asyncio.Queue[Answer] = asyncio.Queue()

    def begin(self, strict: bool, timeout: float) -> None:
        """Get ready for a slice."""
        if self.settings == (strict, timeout):
            return
        self.abandon()
        self.settings = strict, timeout
        self.feed, self.answers = Feed(), asyncio.Queue()
        loop = asyncio.get_running_loop()
        arguments = (loop, self.feed, self.answers, strict, timeout)
        threading.Thread(target=self.serve, args=arguments, daemon=True).start()

    def serve(
        self,
        loop: asyncio.AbstractEventLoop,
        feed: Feed,
        answers: "asyncio.Queue[Answer]",
        strict: bool,
        timeout: float,
    ) -> None:
        """Replay what is fed until it is abandoned, or can't go on."""

        def tell(answer: Answer) -> None:
            with suppress(RuntimeError):  # the Worker has ended, and nobody waits
                loop.call_soon_threadsafe(answers.put_nowait, answer)

        try:
            for verdict in judge(
                (),
                self.target,
                jobs=1,
                cores=self.cores,
                timeout=timeout,
                start_method=start_method(),
                strict=strict,
                fetching=feed,
            ):
                tell(verdict)
        except Abandoned:
            pass
        except Exception as error:
            tell(error)

    def send(self, source: Source) -> None:
        """Have a source replayed."""
        self.feed.send(source)
        if source.path:  # it may hold several histories
            self.feed.send(END)

    async def receive(self, source: Source) -> list[Verdict]:
        """Wait for the verdict on each history of the source that was sent first.

        Raises:
            TargetError: The target can't be resolved.
            Unanswered: Too many histories in a row had no answer.
        """
        found: list[Verdict] = []
        while True:
            answer = await self.answers.get()
            if isinstance(answer, Exception):
                self.settings = None
                raise answer
            if answer.name != END.name:
                found.append(answer)
            if not source.path or answer.name == END.name:
                return found

    def abandon(self) -> None:
        """End the process, whatever it does; it starts again when it is needed."""
        if self.settings:
            self.settings = None
            self.feed.send(None)
