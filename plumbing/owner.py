"""Whose dev server it is: the one that local mode starts is marked with its folder."""

import asyncio
import os
from pathlib import Path

from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from plumbing import commands, devprocess
from program import Mistake

MARK = "local-mode"  # a Namespace that is there from the start, and says the folder soon after
TRIES = 50  # tenths of a second


async def mark(client: Client) -> None:
    """Let whoever connects see whose dev server this is."""
    folder = os.fsencode(devprocess.FOLDER).decode(errors="backslashreplace")
    info = UpdateNamespaceInfo(data={MARK: folder})
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=MARK, update_info=info)
    )


async def owner_of(client: Client) -> Path | None:
    """Return the folder whose local mode has started this dev server, if one has."""
    folder = await _marked(client)
    return folder if folder and folder != Path() and _in_use(folder) else None


def stop_command(folder: Path) -> str:
    """The command that stops the dev server of that folder; nothing if this user can't."""
    users = folder / devprocess.STATE.name / devprocess.USERS.name
    return commands.make(folder, "stop") if os.access(users, os.W_OK) else ""


def _in_use(folder: Path) -> bool:
    """Does the dev server of that folder run? (Somebody may have opened its database by hand.)"""
    try:
        state = folder / devprocess.STATE.name
        return devprocess.runs(state) or not state.exists()
    except OSError:  # another user's
        return True


async def _marked(client: Client) -> Path | None:
    """Return the folder in the mark: None if there is no mark, an empty one if it comes soon."""
    try:
        answer = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=MARK)
        )
    except RPCError:
        return None
    return Path(answer.namespace_info.data.get(MARK, ""))


async def refuse_anothers(client: Client) -> None:
    """Refuse a dev server that ends with the runs of another folder. Raises Mistake."""
    for _ in range(TRIES):
        if await _marked(client) != Path():
            break
        await asyncio.sleep(0.1)
    if folder := await owner_of(client):
        address = client.service_client.config.target_host
        stop = stop_command(folder)
        raise Mistake(
            f"{address} is the dev server of {folder}, and ends with the last run there. "
            f"{f'End it ({stop}), or take' if stop else 'Take'} another port: "
            "TEMPORAL_ADDRESS=localhost:7243"
        )
