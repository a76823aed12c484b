"""From MODULE:ATTRIBUTE to how that Worker replays, and to its Client."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.worker import Replayer, Worker

from replaygate.targets.connecting import connected, unconnected
from replaygate.targets.entrypoint import called
from replaygate.targets.factory import leads_on, with_client
from replaygate.targets.importing import TargetError, load
from replaygate.targets.recording import Recording
from replaygate.targets.registration import Registration, of_replayer, of_worker

__all__ = ["Registration", "Target", "TargetError", "connect", "resolve"]

DEFINITION = "__temporal_workflow_definition"  # what @workflow.defn leaves on a class
WAYS = (
    "name a function that takes a Client and returns a Worker, an entry point that runs one, "
    "a Replayer, or a list of Workflow classes"
)


@dataclass(frozen=True)
class Target:
    """Which Worker: text only, so that it can be pickled, spawned and put into a payload."""

    worker: str  # MODULE:ATTRIBUTE
    client: str = ""  # MODULE:ATTRIBUTE, or empty
    folder: str = "."  # where MODULE is looked for first


def resolve(target: Target) -> tuple[Registration, ...]:
    """Return how each Worker of the target replays. Nothing is connected, polled or bound.

    Raises:
        TargetError: The target tells no Worker, or the user's code failed.
    """
    with Recording() as recording:
        value = loaded(target, recording)
        calls = leads_on(value) or (callable(value) and not is_workflow(value))
        if calls:
            value = produced(target, value, recording)
        registrations = [
            registered(target, item, recording)
            for item in telling(target.worker, value, recording, calls)
        ]
    serving = tuple(each for each in registrations if each.config["workflows"])
    if not serving:
        raise TargetError(f"{target.worker} serves no Workflow, so there is nothing to replay")
    return serving


async def connect(target: Target) -> Client:
    """Return a Client that is connected: the one of ``--client``, or the environment's.

    Raises:
        TargetError: The user's code failed, or the Temporal Service can't be reached.
    """
    return await connected(target.client, target.folder)


def data_converter(target: Target) -> DataConverter:
    """Return the converter of the target's Client; nothing is connected.

    Raises:
        TargetError: The user's code failed.
    """
    with Recording() as recording:
        return client_of(target, recording).data_converter


def loaded(target: Target, recording: Recording) -> Any:
    """Import what the target names.

    Raises:
        TargetError: It can't be imported, or it runs the Worker while it is.
    """
    try:
        return load("worker", target.worker, target.folder)
    except TargetError as error:
        if not recording.left:
            raise
        raise TargetError(
            f"{target.worker} runs its Worker while it is imported: put the call under "
            'if __name__ == "__main__"',
            error.details,
        ) from None


def produced(target: Target, named: Any, recording: Recording) -> Any:
    """Return what comes of calling, awaiting or entering what the target names."""
    function = named if callable(named) else lambda: named
    act = with_client(target.worker, function, lambda: client_of(target, recording))
    return called(target.worker, act, recording)


def client_of(target: Target, recording: Recording) -> Client:
    """Return the Client that the target's Workers are made with; it connects to nothing."""
    return unconnected(target.client, target.folder, recording)


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


def registered(target: Target, item: Any, recording: Recording) -> Registration:
    """Return how a Worker, a Replayer, its configuration, or a list of Workflow classes replays.

    Workflow classes are given to a Worker of the target's client.
    """
    if isinstance(item, list):
        worker = produced(target, functools.partial(worker_of, item), recording)
        return replace(of_worker(worker, ()), task_queue="")
    if isinstance(item, Worker):
        return of_worker(item, recording.workers.get(item) or item.config().get("plugins", ()))
    if isinstance(item, Replayer):
        return of_replayer(item)
    return of_replayer(called(target.worker, lambda: Replayer(**item), recording))


def worker_of(classes: list[type], client: Client) -> Worker:
    """Return a Worker that serves these Workflow classes."""
    return Worker(client, task_queue="unknown", workflows=classes)
