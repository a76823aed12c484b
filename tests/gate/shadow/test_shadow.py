"""``replaygate shadow``: its verdict, and what it says."""

import asyncio
import re
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import ScheduleActionExecutionStartWorkflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from replaygate.shadow.following import followed
from replaygate.shadow.request import REQUEST, WORKFLOW, Account, Request, name_of
from tests.gate.shadow.conftest import MANY
from tests.support.programs import status
from tests.support.shadows import ALL, Field, document, outcome

SOME = ("--size", "10", "--heartbeat", "1")  # several slices, and a Worker that is missed soon


@workflow.defn
class Silent:
    """Answers no Query."""

    @workflow.run
    async def run(self) -> Account:
        """Return an account after two looks."""
        await workflow.sleep(2.5)
        return Account(total=7)


async def test_all_replay(field: Field) -> None:
    """Each Execution is replayed once, and what nobody has started is named."""
    found = await field.shadow("good", *ALL)
    assert status(found) == 0, found
    covered, unseen, summary = found.out.splitlines()
    assert re.fullmatch(
        rf"Covers Executions started before \S+ that match {ALL[1]}: {MANY}\.", covered
    )
    assert unseen == "Registered, but nothing was verified: Refund."
    assert summary.startswith(f"{MANY} replay, 0 incompatible, 0 not verified (")


async def test_killed_workers(field: Field) -> None:
    """The report is exact though all Workers go, one of them without a word; others go on."""
    first, second = await asyncio.gather(*(field.worker("killed", "slow") for _ in range(2)))
    shadow = await field.begin("killed", "--json", *ALL, "--heartbeat", "1", module="slow")
    await field.at_work("killed", 2)
    for worker, number in ((first, signal.SIGKILL), (second, signal.SIGTERM)):
        worker.send(number)  # at once, before one of the slices is done
    assert (await first.ends(), await second.ends()) == (-signal.SIGKILL, 0)
    await field.worker("killed", "slow")
    assert await shadow.ends() == 0
    assert outcome(document(shadow)) == (0, MANY, 0, 0)
    history = await field.own.get_workflow_handle(name_of("killed")).fetch_history()
    attempts = [e.activity_task_started_event_attributes.attempt for e in history.events]
    # A Worker that has no time may be missed once more.
    assert sum(attempt > 1 for attempt in attempts) == 2


async def test_one_group(field: Field) -> None:
    """What breaks all Executions is said once, with its line, and some of them are named."""
    await field.serving("broken", "broken")
    found = await field.document("broken", *ALL, "--junitxml", "junit.xml", module="broken")
    assert outcome(found) == (1, 0, MANY, 0)
    (group,) = found["groups"]
    assert (group["count"], len(group["names"])) == (MANY, 3)
    assert group["line"] == "broken.py:13"
    junit = (field.project.directory / "junit.xml").read_text()
    assert f'failures="{MANY}"' in junit
    assert junit.count("<failure") == 3


async def test_not_all(field: Field) -> None:
    """A sample is the same each time, and has enough of each type; other bounds hold, too."""
    await field.serving("broken", "broken")
    sample = (*ALL, "--sample", "1%", "--at-least", "5")
    samples = [await field.document("broken", *sample, module="broken") for _ in range(2)]
    assert 5 <= samples[0]["incompatible"] < MANY
    assert samples[0]["groups"] == samples[1]["groups"]
    soon = await field.document("broken", *ALL, *SOME, "--stop-after", "1", module="broken")
    assert 1 <= soon["incompatible"] < MANY / 2
    limited = await field.document("broken", *ALL, *SOME, "--limit", "15", module="broken")
    assert outcome(limited) == (1, 0, 15, 0)


async def test_nobody_polls(field: Field) -> None:
    """Without a Worker the command says so, and gives up after a while."""
    found = await field.shadow("alone", *ALL, "--wait", "3.5")
    assert status(found) == 2
    assert found.err.startswith("Nobody polls the Task Queue shadow-alone in the Namespace ")
    assert "start replaygate shadow-worker --build alone" in found.out
    description = await field.own.get_workflow_handle(name_of("alone")).describe()
    assert description.status
    assert description.status.name == "TERMINATED"


async def test_another_request(field: Field) -> None:
    """While a shadow runs, the same request joins it, and another one is refused."""
    first = await field.begin("joined", "--json", *ALL)
    await asyncio.sleep(1.5)
    refused = await field.document("joined", *ALL, "--strict")
    assert outcome(refused) == (2, 0, 0, 0)
    assert "runs with another request (strict)" in refused["errors"][0]
    second = await field.begin("joined", "--json", *ALL)
    await field.worker("joined")
    await asyncio.gather(first.ends(), second.ends())
    found, same = document(first), document(second)
    assert outcome(found) == (0, MANY, 0, 0)
    assert found["notes"] == same["notes"]
    last = await field.document("joined", "--latest")
    assert (outcome(last), last["notes"]) == (outcome(found), found["notes"])


async def test_no_latest(field: Field) -> None:
    """Where no shadow has ended there is no last verdict."""
    found = await field.document("never", "--latest")
    assert found["status"] == 2
    assert found["errors"][0].startswith("No shadow of build never has ended in the Namespace ")


async def test_a_later_release(field: Field) -> None:
    """The verdict on a shadow is told also where a later release has asked it for more."""
    asked = Request(filter='WorkflowType="Order"')
    name = name_of("good")
    handle = await field.own.start_workflow(
        WORKFLOW,
        args=[asked, None],
        id=name,
        task_queue=name,
        memo={REQUEST: asdict(asked) | {"later": 1}},
    )
    await handle.result()
    assert outcome(await field.document("good", "--latest")) == (0, MANY, 0, 0)


async def test_no_progress_can_be_had(field: Field) -> None:
    """Where a Worker can't tell how far a shadow is, its verdict is waited for all the same."""
    queue = name_of("silent")
    workers = Worker(
        field.own,
        task_queue=queue,
        workflows=[Silent],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with workers:
        handle = await field.own.start_workflow(Silent.run, id=queue, task_queue=queue)
        told = await followed(field.own, "silent", handle, 60, lambda done, total: None)
    assert told.total == 7


async def test_a_schedule(field: Field) -> None:
    """A Schedule starts the shadow, and --latest prints its verdict."""
    made = await field.shadow("good", *ALL, "--schedule", "1h")
    assert status(made) == 0, made
    schedule = field.own.get_schedule_handle(name_of("good"))
    policy = (await schedule.describe()).schedule.policy
    assert policy.overlap.name == "SKIP"
    (started,) = (await schedule.describe()).info.recent_actions
    assert isinstance(started.action, ScheduleActionExecutionStartWorkflow)
    assert "every 1:00:00, first now." in made.out
    again = await field.shadow("good", *ALL, "--schedule", "2h")
    assert "every 2:00:00, changed, next when it is due." in again.out
    await field.own.get_workflow_handle(started.action.workflow_id).result()
    last = await field.document("good", "--latest")
    assert outcome(last) == (0, MANY, 0, 0)
    await schedule.delete()


async def test_the_rate(field: Field) -> None:
    """All slots together keep to the rate."""
    found = await field.document("good", *ALL, *SOME, "--rps", "60")
    assert outcome(found) == (0, MANY, 0, 0)
    history = await field.own.get_workflow_handle(name_of("good")).fetch_history()
    began, ended = (history.events[each].event_time.ToDatetime() for each in (0, -1))
    assert (ended - began).total_seconds() > MANY / 60


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_imports(field: Field) -> None:
    """A Worker's replay processes are forks of one that has imported the SDK."""
    worker = Path(f"/proc/{field.project.programs[0].process.pid}/task")
    children = [each.read_text().split() for each in worker.glob("*/children")]
    for child in (Path("/proc", number) for numbers in children for number in numbers):
        if "forkserver" in (child / "cmdline").read_text():
            assert "temporal_sdk_bridge" in (child / "maps").read_text()
            return
    raise AssertionError("there is no fork server")


@pytest.mark.parametrize(("module", "patience"), [("hanging", "0.3"), ("dying", "30")])
async def test_no_answer(field: Field, module: str, patience: str) -> None:
    """Code that hangs or dies costs a few processes, not one an Execution; all are counted."""
    await field.worker(module, module)
    ten = ("--timeout", patience, "--limit", "10")
    found = await field.document(module, *ALL, *ten, module=module)
    assert outcome(found) == (2, 0, 0, 10)
    counts = sorted(group["count"] for group in found["groups"])
    assert counts == [3, 7]


async def test_nothing_found(field: Field) -> None:
    """A filter that finds nothing proves nothing."""
    found = await field.document("good", "--query", 'WorkflowType="Refund"')
    assert outcome(found) == (2, 0, 0, 0)
    assert found["errors"] == ["No history was replayed, so nothing is verified."]


async def test_a_refused_query(field: Field) -> None:
    """What the Temporal Service says of a query that it refuses ends the shadow."""
    found = await field.document("good", "--query", "WorkflowType=No-Such")
    assert found["status"] == 2
    assert found["errors"][0].startswith("The Temporal Service refuses: ")


@pytest.mark.parametrize("jobs", ["1", "2"])  # and as many slices
async def test_a_lost_permission(field: Field, jobs: str) -> None:
    """Where the Service refuses in the middle, that is said once, and what was verified counts.

    A dev server refuses nobody, so the Workers' Client does it in its place.
    """
    revoked, build = ("--client", "revoked:connect"), f"revoked-{jobs}"
    await field.worker(build, "revoked", "--jobs", jobs, *revoked)
    found = await field.document(build, *ALL, *revoked, module="revoked")
    status, replays, incompatible, unverified = outcome(found)
    assert (status, incompatible, unverified) == (2, 0, 0)
    assert 0 < replays < MANY
    assert found["errors"] == [
        "The Temporal Service refuses: Request unauthorized. (PERMISSION_DENIED)"
    ]
    assert any("because it can't go on" in note for note in found["notes"])


@pytest.mark.parametrize("namespace", ["missing", "own"])
async def test_the_namespace(field: Field, namespace: str) -> None:
    """A shadow runs in a Namespace that exists, and is not the one that is replayed."""
    name = "no-such-namespace" if namespace == "missing" else field.client.namespace
    found = await field.document("good", *ALL, "--namespace", name)
    assert found["status"] == 2
    says = "Create it: temporal operator" if namespace == "missing" else "it replays"
    assert says in found["errors"][0]
