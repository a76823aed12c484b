"""From MODULE:ATTRIBUTE to how that Worker replays, and to its Client."""

import functools
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
from replaygate.targets.value import is_workflow, telling

__all__ = ["Registration", "Target", "TargetError", "connect", "resolve"]


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
        if target.client:  # which not every Worker asks for
            load("client", target.client, target.folder)
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
