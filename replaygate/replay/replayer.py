"""Replays Event Histories in this process, each on the Worker that registers its Workflow type."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer, WorkflowReplayResult

from replaygate.inputs.formats import Found
from replaygate.replay import shortcuts
from replaygate.replay.installing import install
from replaygate.replay.judgement import Ended, failed, passed, unverified
from replaygate.replay.listening import WitnessPlugin
from replaygate.replay.made_up_id import UNKNOWN_ID
from replaygate.replay.set_up import chain
from replaygate.replay.witness import Witness
from replaygate.targets.registration import type_name
from replaygate.targets.target import Registration
from replaygate.verdict import Outcome, Verdict


class WorkerReplay:
    """One of the SDK's Replayers, configured as one Worker and fed with history after history."""

    def __init__(self, registration: Registration, witness: Witness, runtime: Runtime) -> None:
        last = WitnessPlugin(witness)
        given: dict[str, Any] = {**registration.config}
        given |= {
            "plugins": [*given.get("plugins", ()), last],
            "runtime": runtime,
            "build_id": "replay",  # else the SDK hashes all the code that is loaded
            "debug_mode": True,  # else each step takes a thread; serving.py finds deadlocks
        }
        self.task_queue = registration.task_queue
        debugs = registration.config.get("debug_mode") or os.environ.get("TEMPORAL_DEBUG")
        self.finds_deadlocks = not debugs
        self.replayer = Replayer(**given)
        self.config = last.config
        self.types = {type_name(definition) for definition in self.config["workflows"]}
        self.histories: asyncio.Queue[WorkflowHistory] = asyncio.Queue()
        self.results: AsyncIterator[WorkflowReplayResult] | None = None
        self.refusal: Exception | None = None  # why this Worker can't start

    async def replay(self, history: WorkflowHistory, stack: AsyncExitStack) -> Exception | None:
        """Replay a history and return the failure, if it fails.

        Raises:
            RuntimeError: The Worker can't start: its sandbox refuses a module, for one.
        """
        if self.refusal:
            raise self.refusal
        if self.results is None:
            try:
                iterator = self.replayer.workflow_replay_iterator(self._fed())
                self.results = await stack.enter_async_context(iterator)
            except Exception as error:
                self.refusal = error
                raise
        await self.histories.put(history)
        return (await anext(self.results)).replay_failure

    async def _fed(self) -> AsyncIterator[WorkflowHistory]:
        while True:
            yield await self.histories.get()


class Replay:
    """The Workers of a target, ready to replay. One at a time in a process: it patches the SDK."""

    def __init__(
        self,
        registrations: Sequence[Registration],
        witness: Witness,
        strict: bool = False,
        show_values: bool = False,
    ) -> None:
        runtime = Runtime(telemetry=TelemetryConfig(logging=None, metrics=None))
        self.witness = witness
        self.workers = [WorkerReplay(each, witness, runtime) for each in registrations]
        self.strict = strict
        self.show_values = show_values
        self.stack = AsyncExitStack()
        self.current = Verdict("", Outcome.REPLAYS)  # whose history is being replayed
        self.hides_values = False  # of it, because a codec does
        self.finds_deadlocks = True  # in it, which a Worker in debug mode does not
        install(witness)
        shortcuts.install()

    async def __aenter__(self) -> Self:
        await self.stack.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stack.aclose()

    def worker_for(self, workflow_type: str, task_queue: str) -> WorkerReplay | None:
        """Return the Worker that registers a type, the one of this Task Queue before others."""
        able = [w for w in self.workers if workflow_type in w.types]
        able = able or [w for w in self.workers if None in w.types]  # a dynamic Workflow
        return next((w for w in able if w.task_queue == task_queue), able[0] if able else None)

    async def __call__(self, name: str, found: Found, from_service: bool = False) -> Verdict:
        """Replay one history, which must have passed ``checks.check``: Core panics on others."""
        started = found.events[0].workflow_execution_started_event_attributes
        verdict = Verdict(
            name,
            Outcome.REPLAYS,
            workflow_type=started.workflow_type.name,
            workflow_id=found.workflow_id,
            run_id=found.run_id or started.original_execution_run_id,
        )
        self.current = verdict
        worker = self.worker_for(verdict.workflow_type, started.task_queue.name)
        if worker is None:
            known = ", ".join(sorted(str(t) for w in self.workers for t in w.types))
            why = f"Workflow class {verdict.workflow_type} is not registered on this worker, "
            return unverified(verdict, f"{why}available workflows: {known}")
        converter = worker.config["data_converter"]
        self.finds_deadlocks = worker.finds_deadlocks
        self.hides_values = bool(converter.payload_codec) and not self.show_values
        self.witness.begin(found.events)
        self.witness.told = {"task_queue": started.task_queue.name, "run_id": verdict.run_id}
        history = WorkflowHistory(found.workflow_id or UNKNOWN_ID, found.events)
        try:
            failure = await worker.replay(history, self.stack)
        except Exception as error:
            return unverified(verdict, chain(error))
        ended = Ended(
            verdict,
            found.events,
            self.witness,
            failure,
            converter,
            from_service,
            self.hides_values,
        )
        if failure or self.witness.failure:
            return failed(ended, self.strict)
        return await passed(ended, self.strict)
