"""Puts a witness around the workflow runners that a Worker is configured with."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import temporalio.converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
)
from temporalio.worker import (
    Plugin,
    Replayer,
    ReplayerConfig,
    UnsandboxedWorkflowRunner,
    WorkerConfig,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from replaygate.replay.made_up_id import UNKNOWN_ID, without_id
from replaygate.replay.witness import Witness


class WitnessedRunner(WorkflowRunner):
    """Another runner, listened to."""

    def __init__(self, runner: WorkflowRunner, witness: Witness, contexts: bool) -> None:
        self.runner = runner
        self.witness = witness
        self.contexts = contexts  # whether a codec asks for which Execution it works

    def prepare_workflow(self, defn: Any) -> None:
        """Let the runner validate a Workflow Definition."""
        self.runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(
        self, types: Sequence[type[BaseException]]
    ) -> None:
        """Hand the types on."""
        self.runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Make the instance of a run and listen to it."""
        if self.witness.on_breakpoint:
            sys.breakpointhook = self.witness.on_breakpoint
        info = replace(det.info, **self.witness.told)  # type: ignore[arg-type]
        det = replace(det, info=without_id(info) if info.workflow_id == UNKNOWN_ID else info)
        try:
            instance = self.runner.create_instance(det)
        except BaseException as error:
            self.witness.refused = error
            raise
        self.witness.result_type = det.defn.ret_type
        self.witness.make = lambda: self.runner.create_instance(det)
        instance.activate = self.witness.watch(instance.activate)  # type: ignore[method-assign,assignment]
        if not self.contexts:
            leave_contexts_out(instance)
        return instance


class WitnessPlugin(Plugin):
    """Puts the witness into a Replayer after all plugins of the Worker have had their say."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.config: ReplayerConfig = {}  # what the Replayer is made of in the end

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Leave a Worker alone."""
        return config

    async def run_worker(self, worker: Any, next: Callable[[Any], Any]) -> None:
        """Leave a Worker alone."""
        await next(worker)

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Wrap both runners; keep failures readable, since nothing here leaves the process."""
        converter = config.get("data_converter") or DataConverter.default
        if issubclass(
            converter.failure_converter_class, DefaultFailureConverterWithEncodedAttributes
        ):
            converter = replace(converter, failure_converter_class=DefaultFailureConverter)
        config["data_converter"] = converter
        contexts = asks_for_contexts(converter)
        sandboxed = config.get("workflow_runner") or SandboxedWorkflowRunner()
        unsandboxed = config.get("unsandboxed_workflow_runner") or UnsandboxedWorkflowRunner()
        config["workflow_runner"] = WitnessedRunner(sandboxed, self.witness, contexts)
        config["unsandboxed_workflow_runner"] = WitnessedRunner(unsandboxed, self.witness, contexts)
        self.config = config
        return config

    def run_replayer(self, replayer: Replayer, histories: Any, next: Callable[..., Any]) -> Any:
        """Leave the replay alone."""
        return next(replayer, histories)


def asks_for_contexts(converter: DataConverter) -> bool:
    """Tell whether a codec or a storage wants to know for which Execution it works.

    A payload converter works inside the Workflow, which knows.
    """
    context_aware = getattr(temporalio.converter, "WithSerializationContext", ())
    stores_outside = bool(getattr(converter, "external_storage", None))
    return stores_outside or isinstance(converter.payload_codec, context_aware)


def leave_contexts_out(instance: Any) -> None:
    """Answer at once for which Execution something is converted.

    To ask the instance enters the sandbox, a sixth of all the work of a replay.
    """
    instance.get_serialization_context = lambda command_info: None
    if hasattr(temporalio.converter, "StorageDriverStoreContext"):  # since 1.30
        nowhere = temporalio.converter.StorageDriverStoreContext(target=None)
        instance.get_external_store_context = lambda command_info: nowhere
