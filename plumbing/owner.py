"""Whose dev server it is: local mode marks the one that it starts with its folder."""

import asyncio
import os
from pathlib import Path

from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from plumbing import commands, devprocess
from program import Mistake

MARK = "backgroundcheck.local-mode"
MARKED = "default"  # the Namespace that carries the mark; every dev server has it


async def mark(client: Client) -> None:
    """Let whoever connects see whose dev server this is."""
    info = UpdateNamespaceInfo(data={MARK: os.fspath(devprocess.FOLDER)})
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=MARKED, update_info=info)
    )


async def owner_of(client: Client) -> Path | None:
    """Return the folder whose local mode has started this dev server, if one has."""
    try:
        answer = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=MARKED)
        )
    except RPCError:
        return None
    folder = Path(answer.namespace_info.data.get(MARK, ""))
    if folder == Path():
        return None
    try:
        state = folder / devprocess.STATE.name
        return folder if devprocess.runs(state) or not state.exists() else None
    except OSError:  # another user's
        return folder


async def refuse_anothers(client: Client) -> None:
    """Refuse a dev server that ends with the runs of another folder. Raises Mistake."""
    for _ in range(2):
        if folder := await owner_of(client):
            address = client.service_client.config.target_host
            raise Mistake(
                f"{address} is the dev server of {folder}, and ends with the last run there. End "
                f"it ({commands.make(folder, 'stop')}), or take another port: "
                "TEMPORAL_ADDRESS=localhost:7243"
            )
        await asyncio.sleep(0.5)  # it may have started this moment, and not yet be marked
