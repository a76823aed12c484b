"""What stands in for a Temporal Service while a user's code makes its Workers: nothing connects."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio.service import ConnectConfig, ServiceClient


class NotConnected(Exception):
    """A Worker asks for the connection of a client that has none."""


class Unconnected(ServiceClient):
    """A connection to nothing, on which every call has an empty answer."""

    def __init__(self, config: ConnectConfig, told: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self.told = told  # of each call

    @property
    def worker_service_client(self) -> Any:
        """What a Worker polls with; it asks for this once everything else is set up.

        Raises:
            NotConnected: Always.
        """
        raise NotConnected

    def update_rpc_metadata(self, metadata: Any) -> None:
        """Nobody is told."""

    def update_api_key(self, api_key: Any) -> None:
        """Nobody is told."""

    async def _rpc_call(self, rpc: str, req: Any, resp_type: Any, **_: Any) -> Any:
        self.told()
        await asyncio.sleep(0.001)  # who asks again and again must let others run
        return resp_type(status=1) if rpc == "check" else resp_type()  # 1: the Service is healthy


def is_lazy(client: Any) -> bool:
    """Tell whether a client connects at its first call, so that the SDK refuses a Worker on it."""
    return bool(getattr(client.service_client.config, "lazy", False))
