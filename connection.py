"""How every program here connects to its Temporal Service."""

import logging

from temporalio.client import Client

from plumbing.address import on_loopback
from plumbing.client import connect_to, data_converter, runtime
from plumbing.owner import owner_of, stop_command
from plumbing.settings import load_settings

__all__ = ["TASK_QUEUE", "connect", "data_converter", "runtime"]

TASK_QUEUE = "backgroundcheck-boilerplate-task-queue-local"

logger = logging.getLogger("connection")


async def connect() -> Client:
    """Connect to the configured Temporal Service and make sure that the Namespace is there.

    Raises:
        Mistake: The configuration is wrong, or the service refuses it.
        NothingListens: Nothing listens at the address.
    """
    settings = load_settings()
    client = await connect_to(settings)
    if on_loopback(settings.address) and (folder := await owner_of(client)):
        stop = stop_command(folder)
        hint = f" If no run there needs it any more, stop it: {stop}" if stop else ""
        where = (settings.address, folder, hint)
        logger.info("%s is the dev server that local mode has started in %s.%s", *where)
    return client
