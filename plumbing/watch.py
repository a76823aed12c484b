"""The Worker's eye on its Temporal Service."""

import asyncio
import logging

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from plumbing.client import CONNECT_TIMEOUT, describe_namespace, no_namespace

LOOK_EVERY = 5.0  # seconds between two looks whether Namespace and Service are there

logger = logging.getLogger("watch")


async def watch(client: Client) -> None:
    """Log it when the Service or its Namespace has gone, and when it is back; never returns."""
    address, was = client.service_client.config.target_host, ""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = ""
        try:
            await asyncio.wait_for(describe_namespace(client), CONNECT_TIMEOUT)
        except (RPCError, TimeoutError) as error:
            now = f"{address} does not answer; the Worker tries it again"
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                now = no_namespace(address, client.namespace)
        if now != was:
            logger.warning("%s", now or f"{address} answers again")
        was = now
