"""Lets the SDK tell a witness what Workflow code does, which takes private methods of the SDK.

Private names are also used in ``witness.py``, ``shortcuts.py`` and ``closely/``.
"""

import sys
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import _workflow as sdk_worker
from temporalio.worker import _workflow_instance as sdk_instance

from replaygate.replay.witness import Witness


def install(witness: Witness) -> None:
    """Let the SDK tell this witness, for the rest of the process, where each Command is given.

    A mismatch is always told as such: with NondeterminismError among the failure exception types,
    Core would try to fail the Execution, and a replay never answers.
    """
    instance = sdk_instance._WorkflowInstanceImpl
    add_command, activate = instance._add_command, instance.activate

    def add(self: Any) -> WorkflowCommand:
        command = add_command(self)
        witness.gave(sys._getframe(1))
        return command

    def enter(self: Any, act: WorkflowActivation) -> WorkflowActivationCompletion:
        witness.instance = self
        return activate(self, act)

    instance._add_command, instance.activate = add, enter  # type: ignore[method-assign]
    worker = sdk_worker._WorkflowWorker
    worker.nondeterminism_as_workflow_fail = lambda self: False  # type: ignore[method-assign]
    worker.nondeterminism_as_workflow_fail_for_types = lambda self: set()  # type: ignore[method-assign]
