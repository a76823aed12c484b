"""Histories that are fetched while others are replayed: what is gone, and what never comes."""

import asyncio
import functools
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from connection import TASK_QUEUE, runtime
from plumbing.settings import DEFAULTS
from replaygate.inputs import fetching as fetching_one
from replaygate.inputs.query import Fetching, Query, QueryError, fetch_one
from replaygate.inputs.sources import Source
from replaygate.judging.pool import BATCH, judge
from replaygate.processes.child import Channel
from replaygate.targets.target import Target
from replaygate.verdict import Outcome, Verdict
from tests.support.programs import ROOT, Project, free_port
from tests.support.servers import serve

MANY = 3 * BATCH  # so that not all are fetched before the first was replayed
LARGE = "x" * 70_000  # more than a pipe holds
TARGET = Target("worker:backgroundcheck_worker", folder=str(ROOT))
ALL = f'TaskQueue="{TASK_QUEUE}"'


def refused(status: str) -> RPCError:
    return RPCError("why", RPCStatusCode[status], b"")


async def test_what_is_gone(client: Client, fresh_id: str) -> None:
    """An Execution that was deleted after it was listed is counted, and no error."""
    await client.start_workflow("Any", id=fresh_id, task_queue=fresh_id)
    listed = f'WorkflowId="{fresh_id}"'
    await until_listed(client, listed, 1)
    (found,) = [one async for one in client.list_workflows(listed)]
    assert isinstance(await fetch_one(client, found), Source)
    # To the Service, a run that was deleted is one that never was.
    gone = await fetch_one(client, replace(found, run_id=str(uuid.uuid4())))
    assert isinstance(gone, Verdict)
    assert (gone.outcome, gone.workflow_type) == (Outcome.GONE, "Any")
    with pytest.raises(RPCError, match="Namespace nowhere is not found"):
        await fetch_one(Client(client.service_client, namespace="nowhere"), found)


class Left(Exception):
    """What a process says last."""


class Heard:
    """The parent's end of the channel of a process that is none."""

    def leave(self, message: object) -> NoReturn:
        raise Left(message)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refused("NOT_FOUND"), "The Temporal Service has no order-1: why (NOT_FOUND)"),
        (refused("PERMISSION_DENIED"), "The Temporal Service refuses: why (PERMISSION_DENIED)"),
        (refused("UNAVAILABLE"), "The Temporal Service does not answer: why (UNAVAILABLE)"),
        (ValueError("why"), "order-1 can't be fetched: why"),
    ],
    ids=["not-found", "refused", "away", "unsendable"],
)
def test_why_there_is_no_history(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """An Execution that is not there is told from a Service that refuses, or is away."""

    async def connect(_: Target) -> NoReturn:
        raise error

    monkeypatch.setattr(fetching_one, "connect", connect)
    with pytest.raises(Left) as left:
        fetching_one.fetch(cast(Channel, Heard()), "order-1", "", TARGET)
    assert str(left.value) == words


async def until_listed(client: Client, query: str, number: int) -> None:
    """Wait until the Service lists so many Executions."""
    for _ in range(300):
        if (await client.count_workflows(query)).count >= number:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("not within 30 s")


async def fetching(project: Project, monkeypatch: pytest.MonkeyPatch) -> tuple[Fetching, int]:
    """A server of the test's own with Executions that are large; what fetches them; its process."""
    port = free_port()
    server = await serve(project, project.directory / "fetched.db", port)
    address = f"127.0.0.1:{port}"
    client = await Client.connect(address, namespace=DEFAULTS["namespace"], runtime=runtime())
    start = functools.partial(client.start_workflow, "Any", LARGE, task_queue=TASK_QUEUE)
    await asyncio.gather(*(start(id=f"large-{number}") for number in range(MANY)))
    await until_listed(client, ALL, MANY)
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", DEFAULTS["namespace"])
    return Fetching(Query(ALL), TARGET, start_method="spawn"), server.process.pid


@pytest.mark.parametrize(
    ("victim", "words"),
    [
        ("service", r"The Temporal Service fails after \d+ histories, and the rest is missing: "),
        (
            "process",
            "The process that fetches histories has ended: the process was killed by SIGKILL",
        ),
    ],
)
async def test_what_came_before_counts(
    project: Project, monkeypatch: pytest.MonkeyPatch, victim: str, words: str
) -> None:
    """Where the Service or what fetches dies, all verdicts so far are given before it is said."""
    source, server = await fetching(project, monkeypatch)
    verdicts = judge(
        (), Target("worker:backgroundcheck_worker"), fetching=source, start_method="spawn"
    )
    try:
        first = await asyncio.to_thread(next, verdicts)
        assert first.outcome is Outcome.NOT_BEGUN
        os.kill(server if victim == "service" else source.child.process.pid, signal.SIGKILL)
        given = [first]
        with pytest.raises(QueryError, match=words):
            await asyncio.to_thread(take_all, verdicts, given)
    finally:
        source.kill()
    assert 1 <= len(given) < MANY


def take_all(verdicts: Iterator[Verdict], given: list[Verdict]) -> None:
    """Take what comes until it fails."""
    for verdict in verdicts:
        given.append(verdict)
