"""What the SDK's own Replayer says, in a process that can be killed: it may never answer."""

import asyncio
import importlib
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from replaygate.shadow.slot import start_method

SECONDS = 5.0  # without an answer
HANGS = "there is no answer"


class Reference:
    """A process that replays one history after the other, and is started again where it hangs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        """Start the process."""
        started_by = multiprocessing.get_context(start_method())
        self.pipe, theirs = started_by.Pipe()
        self.process = started_by.Process(  # type: ignore[attr-defined]
            target=serve, args=(theirs, str(self.folder)), daemon=True
        )
        self.process.start()
        theirs.close()
        self.pipe.recv()  # it has begun

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def __call__(self, module: str, history: History, patient: float = 1.0) -> str:
        """Return how a replay on the Workflow of a module fails; nothing if it passes."""
        self.pipe.send((module, history.SerializeToString()))
        try:
            if self.pipe.poll(SECONDS * patient):
                return str(self.pipe.recv())
        except EOFError:
            pass
        self.__exit__()
        self.start()
        return HANGS


def serve(pipe: "Connection[Any, Any]", folder: str) -> None:
    """Answer what comes through the pipe; runs in the process."""
    sys.path.insert(0, folder)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    pipe.send("begun")
    asyncio.run(answer(pipe))


async def answer(pipe: "Connection[Any, Any]") -> None:
    """Replay what comes."""
    while True:
        module, data = pipe.recv()
        importlib.invalidate_caches()
        events = History.FromString(data).events
        try:
            replayer = Replayer(workflows=[importlib.import_module(module).Flow])
            told = events[0].workflow_execution_started_event_attributes.workflow_id
            await replayer.replay_workflow(WorkflowHistory(told or module, events))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")
        else:
            pipe.send("")
