"""Runs the code of a run once more, closely, which finds more of the lines that gave Commands.

A closer look costs too much for each history; ``check`` takes it of those that do not replay.
"""

import contextlib
from collections.abc import Iterator

from temporalio.bridge.proto.workflow_activation import RemoveFromCache, WorkflowActivation

from replaygate.closely.causes import install_close
from replaygate.closely.closeup import INSTANCE, CloseWitness
from replaygate.replay.installing import install
from replaygate.replay.interrupting import at_most
from replaygate.replay.witness import Witness

SECONDS = 2.0
PATCHED = (
    "_add_command",
    "activate",
    "_apply",
    "call_soon",
    "_register_task",
    "_check_condition",
)


def look_again(witness: Witness) -> None:
    """Let a new instance of the Workflow do what this witness saw, and tell it the lines."""
    close, looked_at = CloseWitness(), witness.instance
    close.begin(witness.events)
    with at_most(SECONDS), contextlib.suppress(Exception, SystemExit), installed(close):
        instance = witness.make()
        activate = close.watch(instance.activate)
        try:
            for act in witness.activations:
                activate(act)
        finally:
            activate(eviction(witness.activations[0].run_id))
    for number, (one, other) in enumerate(zip(witness.taken, close.taken, strict=False)):
        if one[:2] == other[:2]:
            witness.taken[number] = other
    witness.instance, witness.ended_early = looked_at, close.follower.early


@contextlib.contextmanager
def installed(witness: CloseWitness) -> Iterator[None]:
    """Let the SDK tell this witness what Workflow code does, in this block."""
    before = {name: INSTANCE.__dict__[name] for name in PATCHED}
    try:
        install(witness)
        install_close(witness)
        yield
    finally:
        for name, method in before.items():
            setattr(INSTANCE, name, method)


def eviction(run_id: str) -> WorkflowActivation:
    """Return the activation that ends all tasks of an instance."""
    act = WorkflowActivation(run_id=run_id)
    act.jobs.add().remove_from_cache.reason = RemoveFromCache.EvictionReason.LANG_REQUESTED
    return act
