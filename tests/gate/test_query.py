"""The gate on Workflow Executions of a Temporal Service: ``check --query``."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from backgroundcheck import BackgroundCheck
from plumbing.settings import DEFAULTS
from replaygate.inputs import query as querying
from replaygate.inputs.query import Fetching, Query, QueryError
from replaygate.targets.target import Target
from tests.support.executions import SSN, Handle, types, worker
from tests.support.gate import counts
from tests.support.programs import GATE, Program, Project, status

PAGE = 12
MANY = 2 * PAGE + 2
NOT_BEGUN = 3
BEGUN_QUEUE, WAITING_QUEUE = "gate-with-worker", "gate-without-worker"
BEGUN, WAITING = (f'TaskQueue="{queue}"' for queue in (BEGUN_QUEUE, WAITING_QUEUE))
SLEEP = "            await asyncio.sleep(60)\n"


@dataclass
class Live:
    """The Executions on the dev server: by name, those that sleep and all that have begun."""

    asleep: set[str]
    begun: set[str]
    waiting: set[str]


async def start(client: Client, task_queue: str, number: int) -> list[Handle]:
    return await asyncio.gather(
        *(
            client.start_workflow(
                BackgroundCheck.run, SSN, id=f"{task_queue}-{n}", task_queue=task_queue
            )
            for n in range(number)
        )
    )


async def sleeps(handle: Handle) -> bool:
    """Wait until an Execution sleeps or has ended, and tell which."""
    while True:
        so_far = types(await handle.fetch_history())
        if "TimerStarted" in so_far or "WorkflowExecutionCompleted" in so_far:
            return "TimerStarted" in so_far
        await asyncio.sleep(0.2)


async def listed(client: Client, query: str, number: int) -> None:
    """Wait until the service lists so many Executions."""
    while True:
        found = await client.count_workflows(query)
        if found.count >= number:
            return
        await asyncio.sleep(0.1)


def name(handle: Handle) -> str:
    """Return what the gate calls an Execution."""
    return f"{handle.id} (run id {handle.first_execution_run_id})"


@pytest.fixture(scope="module")
async def live(dev_server: WorkflowEnvironment) -> Live:
    """More Executions than one page, and a few that no Worker has taken up."""
    client = dev_server.client
    waiting = await start(client, WAITING_QUEUE, NOT_BEGUN)
    async with worker(client, BEGUN_QUEUE):
        begun = await start(client, BEGUN_QUEUE, MANY)
        asleep = await asyncio.gather(*map(sleeps, begun))
    for query, number in [(BEGUN, MANY), (WAITING, NOT_BEGUN)]:
        await listed(client, query, number)
    return Live(
        asleep={name(handle) for handle, does in zip(begun, asleep, strict=True) if does},
        begun={name(handle) for handle in begun},
        waiting={name(handle) for handle in waiting},
    )


@pytest.fixture
def gate(project: Project, dev_server: WorkflowEnvironment) -> Project:
    """The project, configured for the dev server, with small pages."""
    project.change("replaygate/inputs/query.py", f"PAGE = {querying.PAGE} ", f"PAGE = {PAGE} ")
    project.serve_at(dev_server.client.service_client.config.target_host)
    return project


async def verdicts(gate: Project, *arguments: str) -> tuple[int, dict[str, str]]:
    """Run the gate with --json; return its exit status and each Execution's outcome."""
    found = await gate.run(*GATE, "--json", *arguments)
    assert found.err == ""
    document = json.loads(found.out)
    assert document["status"] == status(found)
    return document["status"], {entry["name"]: entry["outcome"] for entry in document["histories"]}


def complaint(found: Program) -> str:
    """Return the one line above the summary of a gate that verified nothing."""
    assert (status(found), found.err, counts(found)) == (2, "", (0, 0, 0))
    line, _ = found.out.splitlines()
    return line


async def test_all_that_began_replay(gate: Project, live: Live) -> None:
    """Each Execution that the query finds is replayed, open or closed, whatever page it is on."""
    assert await verdicts(gate, "--query", BEGUN) == (0, dict.fromkeys(live.begun, "replays"))
    assert live.asleep < live.begun


async def test_a_breaking_change_names_each_run(gate: Project, live: Live) -> None:
    """With the sleep removed, the runs that sleep are named, and the exit status is 1."""
    gate.change("backgroundcheck.py", SLEEP, "")
    exit_status, outcomes = await verdicts(gate, "--query", BEGUN)
    assert exit_status == 1
    failed = {name for name, outcome in outcomes.items() if outcome != "replays"}
    assert failed == live.asleep
    assert {outcomes[name] for name in failed} == {"incompatible"}


async def test_what_has_not_begun_is_counted(gate: Project, live: Live) -> None:
    """Executions that no Worker has taken up do not turn a green gate red; they are counted."""
    found = await gate.run(*GATE, "--query", f"{BEGUN} OR {WAITING}")
    assert status(found) == 0
    assert found.out.startswith(
        f"{MANY} replay, 0 incompatible, 0 not verified, {NOT_BEGUN} not begun ("
    )


async def test_nothing_but_what_has_not_begun(gate: Project, live: Live) -> None:
    """Where no Execution has begun nothing is verified."""
    expected = dict.fromkeys(live.waiting, "not_begun")
    assert await verdicts(gate, "--query", WAITING) == (2, expected)


async def test_a_limit(gate: Project, live: Live) -> None:
    """With --limit no more Executions than that are replayed."""
    exit_status, outcomes = await verdicts(gate, "--query", BEGUN, "--limit", "5")
    assert (exit_status, len(outcomes)) == (0, 5)
    assert outcomes.keys() < live.begun


async def test_nothing_matches(gate: Project) -> None:
    """A query that finds nothing verifies nothing, and says so."""
    found = await gate.run(*GATE, "--query", 'TaskQueue="no-such-queue"')
    address = gate.environment["TEMPORAL_ADDRESS"]
    where = f"at {address}, namespace {DEFAULTS['namespace']}"
    assert complaint(found) == f"The query finds no Workflow Execution {where}."


async def test_hyphens_without_quotes(gate: Project) -> None:
    """A query that the Temporal Service can't parse gets its refusal, in one line."""
    found = await gate.run(*GATE, "--query", f"TaskQueue={BEGUN_QUEUE}")
    assert complaint(found).startswith("The Temporal Service refuses: ")


async def test_a_service_out_of_reach(project: Project) -> None:
    """Where no Temporal Service answers, nothing is verified."""
    project.serve_at("127.0.0.1:1")
    found = await project.run(*GATE, "--query", BEGUN)
    assert "Nothing listens at 127.0.0.1:1" in complaint(found)


def test_a_client_that_is_never_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Code that connects for ever is given up, also where it lets nothing else run."""
    (tmp_path / "slow.py").write_text("import time\n\nasync def connect():\n    time.sleep(60)\n")
    monkeypatch.setattr(querying, "PATIENCE", 0.2)
    target = Target("slow:worker", "slow:connect", str(tmp_path))
    fetching = Fetching(Query("", None), target, "fork")  # so that the patience is passed on
    with pytest.raises(QueryError, match="The Client is not connected after"):
        fetching.receive()
    fetching.kill()
