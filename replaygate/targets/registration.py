"""What a Worker is to a replay: all of its configuration that counts there."""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, cast

from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Plugin,
    Replayer,
    ReplayerConfig,
    Worker,
    WorkerConfig,
    WorkflowReplayResult,
)

COUNTS = (  # of what a Replayer takes; the rest says how to replay, not what
    "workflows",
    "workflow_runner",
    "unsandboxed_workflow_runner",
    "namespace",
    "data_converter",
    "interceptors",
    "workflow_failure_exception_types",
    "header_codec_behavior",
    "debug_mode",
)


@dataclass(frozen=True)
class Registration:
    """How one Worker of the target replays."""

    task_queue: str  # empty where it is not known
    config: ReplayerConfig  # and, under "plugins", what runs around a replay


class RunsAround(Plugin):
    """A plugin of a Worker that has configured that Worker, and must not do it once more.

    ``configure_worker`` has already added its interceptors, Workflows and failure types, and its
    ``configure_replayer`` would double them; ``run_replayer`` is still to come.
    """

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin

    def name(self) -> str:
        """Return the name of the plugin itself."""
        return self.plugin.name()

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Leave it as it is."""
        return config

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Leave it as it is."""
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:
        """Let the plugin run around the Worker."""
        await self.plugin.run_worker(worker, next)

    def run_replayer(
        self,
        replayer: Replayer,
        histories: AsyncIterator[WorkflowHistory],
        next: Callable[
            [Replayer, AsyncIterator[WorkflowHistory]],
            AbstractAsyncContextManager[AsyncIterator[WorkflowReplayResult]],
        ],
    ) -> AbstractAsyncContextManager[AsyncIterator[WorkflowReplayResult]]:
        """Let the plugin run around the replay."""
        return self.plugin.run_replayer(replayer, histories, next)


def of_worker(worker: Worker, given: Sequence[Plugin]) -> Registration:
    """Put together what ``Worker.__init__`` puts together of its arguments and its client's.

    ``given`` are the plugins among its arguments. Plugins and interceptors of the client come
    first, as they do there.
    """
    config = active_config(worker)
    client = config["client"]
    from_client = active_config(client)
    plugins = [*client.config()["plugins"], *given]
    interceptors = [*from_client["interceptors"], *config["interceptors"]]
    told = {
        **config,
        "namespace": client.namespace,
        "data_converter": client.data_converter,
        "header_codec_behavior": from_client.get("header_codec_behavior"),
        "interceptors": [each for each in interceptors if isinstance(each, Interceptor)],
    }
    return Registration(worker.task_queue, counting(told, plugins))


def of_replayer(replayer: Replayer) -> Registration:
    """Take the configuration over that its plugins have made."""
    return Registration("", counting(active_config(replayer), replayer.plugins))


def counting(told: dict[str, Any], plugins: Sequence[Any]) -> ReplayerConfig:
    """Return what counts in a replay and is known to the Replayer of this SDK."""
    known = inspect.signature(Replayer.__init__).parameters
    config = {name: told[name] for name in COUNTS if name in known and told.get(name) is not None}
    around = [RunsAround(plugin) for plugin in plugins if isinstance(plugin, Plugin)]
    return cast(ReplayerConfig, {**config, "plugins": around})


def active_config(configured: Any) -> dict[str, Any]:
    """Return the configuration of a Client, Worker or Replayer, as its plugins have changed it."""
    if "active_config" in inspect.signature(configured.config).parameters:
        return dict(configured.config(active_config=True))
    return dict(configured.config())  # before SDK 1.24 it was always the one in use


@functools.cache
def type_name(definition: type) -> str | None:
    """Return the type that a Workflow class registers; None for a dynamic one."""
    return workflow._Definition.must_from_class(definition).name
