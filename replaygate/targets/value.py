"""What the value of a target tells: Workers, Replayers, or Workflow classes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from temporalio.worker import Replayer, Worker

from replaygate.targets.importing import TargetError
from replaygate.targets.recording import Recording

DEFINITION = "__temporal_workflow_definition"  # what @workflow.defn leaves on a class
WAYS = (
    "name a function that takes a Client and returns a Worker, an entry point that runs one, "
    "a Replayer, or a list of Workflow classes"
)


def telling(text: str, value: Any, recording: Recording, calls: bool) -> Sequence[Any]:
    """Return the Workers, Replayers and Workflow classes in a value, else the Workers recorded.

    The classes are one item.

    Raises:
        TargetError: There is neither.
    """
    items = list(items_of(value))
    classes = [item for item in items if isinstance(item, type)]
    if strange := [item.__name__ for item in classes if not is_workflow(item)]:
        raise TargetError(f"{text}: {', '.join(strange)} has no @workflow.defn")
    told = [item for item in items if isinstance(item, Worker | Replayer) or is_config(item)]
    if classes:
        told.append(classes)
    if told or recording.workers:
        return told or list(recording.workers)
    kind = type(value).__name__
    what = (
        "nothing" if value is None else f"a value of type {kind}" if items else f"an empty {kind}"
    )
    made = f"made no Worker in this process and gave {what}" if calls else f"is {what}"
    raise TargetError(f"{text} {made}: {WAYS}")


def items_of(value: Any) -> Iterable[Any]:
    """Return what a list, tuple, set or dict of Workers or classes holds; else the value."""
    if isinstance(value, Mapping):
        return [value] if is_config(value) else value.values()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | type):
        return value
    return [value]


def is_config(value: Any) -> bool:
    """Tell whether a value is the configuration of a Replayer."""
    return isinstance(value, Mapping) and "workflows" in value


def is_workflow(value: Any) -> bool:
    """Tell whether a value is a Workflow class."""
    return isinstance(value, type) and DEFINITION in vars(value)
