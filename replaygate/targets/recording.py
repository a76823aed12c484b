"""Lets a user's code make and run its Workers without a Temporal Service, and records them."""

import asyncio
import contextlib
import io
import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Self

from temporalio.service import ConnectConfig, ServiceClient
from temporalio.worker import Plugin, Worker

from replaygate.targets.inert import Replacement, of_process, of_sdk, of_signals, replace_until
from replaygate.targets.unconnected import NotConnected, Unconnected, is_lazy

# Another Worker may follow one that runs within so many looks of the event loop, each after so many
# seconds. A process that gets no core for a while looks once, however long that was.
LOOKS, PAUSE = 10, 0.005


class Enough(SystemExit):
    """Leaves an entry point whose Workers have begun to run, through any event loop."""


class Recording:
    """Records each Worker that is made while it is in force. No Worker polls meanwhile.

    Clients don't connect, Workers don't run, and what is printed goes into ``said``; see
    ``inert`` for the rest. A Worker that is told to run ends the code that runs it, once no other
    Worker follows.
    """

    def __init__(self) -> None:
        self.workers: dict[Worker, Sequence[Plugin]] = {}  # and the plugins that each was given
        self.refused: BaseException | None = None  # why a Worker could not be made
        self.begun = False  # whether a Worker was told to run
        self.left = False  # whether the code that runs it was ended
        self.over = threading.Event()  # set when it was, and by whoever else knows that it is over
        self.calls = 0  # to the Temporal Service, each with an empty answer
        self.said = io.StringIO()
        self._latest = 0.0  # when the last Worker was made or began
        self._in_force = contextlib.ExitStack()
        self._processwide = contextlib.ExitStack()
        self._children: set[Any] = set()

    def __enter__(self) -> Self:
        self._children = set(multiprocessing.active_children())
        for each in chain(self._replacements(), of_sdk(), of_signals()):
            replace_until(self._in_force, *each)
        for each in of_process():
            replace_until(self._processwide, *each)
        self._processwide.enter_context(contextlib.redirect_stdout(self.said))
        self._processwide.enter_context(contextlib.redirect_stderr(self.said))
        return self

    def __exit__(self, *_: object) -> None:
        for child in set(multiprocessing.active_children()) - self._children:
            child.terminate()
            child.join(1)
        self._processwide.close()
        self._in_force.close()

    def keep(self) -> None:
        """Let nothing connect for the life of this process: some code would not end."""
        self._in_force.pop_all()

    def connection(self, config: ConnectConfig) -> ServiceClient:
        """Return what stands in for a connection; calls on it are counted."""

        def told() -> None:
            self.calls += 1

        return Unconnected(config, told)

    def _replacements(self) -> Iterator[Replacement]:
        original = Worker.__init__

        def init(worker: Worker, *args: Any, **options: Any) -> None:
            self._make(worker, original, args, options)

        async def connect(config: ConnectConfig) -> ServiceClient:
            return self.connection(config)

        async def nothing(*_: Any) -> None:
            pass

        yield Worker, "__init__", init
        yield Worker, "run", lambda worker: self._run()
        yield Worker, "__aenter__", lambda worker: self._enter(worker)
        yield Worker, "__aexit__", nothing
        yield Worker, "shutdown", nothing
        yield Worker, "is_running", property(lambda worker: self.begun)
        yield Worker, "is_shutdown", property(lambda worker: False)
        yield ServiceClient, "connect", staticmethod(connect)

    def _make(self, worker: Worker, original: Any, args: Any, options: Any) -> None:
        try:
            original(worker, *args, **options)
        except NotConnected:
            pass  # everything that counts in a replay is set up by then
        except BaseException as error:
            client = args[0] if args else options.get("client")
            if not (isinstance(error, RuntimeError) and is_lazy(client)):
                self.refused = error
                raise
        self.workers[worker] = options.get("plugins", ())
        self._latest = time.monotonic()

    async def _enter(self, worker: Worker) -> Worker:
        self._begin()
        return worker

    async def _run(self) -> None:
        self._begin()
        await asyncio.Event().wait()

    def _begin(self) -> None:
        self.begun = True
        self._latest = time.monotonic()
        self._look(self._latest, LOOKS)

    def _look(self, latest: float, left: int) -> None:
        if latest != self._latest:
            latest, left = self._latest, LOOKS
        if left:
            asyncio.get_running_loop().call_later(PAUSE, self._look, latest, left - 1)
            return
        self.left = True
        self.over.set()
        raise Enough
