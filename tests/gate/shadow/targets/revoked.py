"""The Worker of ``orders``, and a Client that loses its permission after some histories."""

from typing import Any

from orders import WORKFLOWS as WORKFLOWS  # type: ignore[import-not-found]
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

FEW = 45


async def connect() -> Client:
    """Connect, and be refused what is asked for later, as an authorizer refuses it."""
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    service: Any = client.workflow_service
    fetch, left = service.get_workflow_execution_history_reverse, iter(range(FEW))

    async def fetch_few(request: Any) -> Any:
        if next(left, None) is None:
            raise RPCError("Request unauthorized.", RPCStatusCode.PERMISSION_DENIED, b"")
        return await fetch(request)

    service.get_workflow_execution_history_reverse = fetch_few
    return client
