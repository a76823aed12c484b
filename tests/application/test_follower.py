"""What is said of a Task that fails again and again, of a Timer, and of a lost Temporal Service."""

import asyncio
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from connection import TASK_QUEUE, runtime
from plumbing import patience, waits, watch
from plumbing.patience import Patience
from program import Mistake
from tests.support.executions import SOON, SSN
from tests.support.programs import ALWAYS, PATIENCE, Program, Project, free_port, the_one_line
from tests.support.servers import create_namespace, serve, start_dev_server

ID = "backgroundcheck_workflow"


async def test_a_stuck_task(project: Project, own_client: Client) -> None:
    """After the second attempt one line says what failed and what to do; then, that none polls."""
    project.change("backgroundcheck.py", "workflow.random()", "workflow.randm()")
    project.change("plumbing/waits.py", "NO_WORKER_AFTER = 5", "NO_WORKER_AFTER = 1")
    worker = await project.start("worker.py")
    await own_client.start_workflow(
        "BackgroundCheck", SSN, id=ID, task_queue=TASK_QUEUE, task_timeout=SOON
    )
    starter = await project.start("main.py")
    stuck = await starter.says(r"This Workflow Task has failed \d times: (.*)\n", 60)
    assert "has no attribute 'randm'. Mend the code and restart the Worker" in stuck[1]
    await worker.says(r"Failing workflow task .*: .* has no attribute 'randm'\n")
    assert max(map(len, worker.err.splitlines())) < 250
    for program in (starter, worker):
        program.send(signal.SIGINT)
        await program.ends()
    again = await project.start("main.py")
    await again.says("No Worker has taken this Workflow Task", 60)


async def test_hostile_words(project: Project, own_client: Client) -> None:
    """What others send to the Execution clears no screen and gives a build service no command."""
    hostile = "a\x1b[2J\n::error::theirs"
    handle = await own_client.start_workflow(
        "BackgroundCheck", SSN, id=ID, task_queue=TASK_QUEUE, start_signal=hostile
    )
    starter = await project.start("main.py")
    await starter.says("WorkflowExecutionSignaled")
    await handle.terminate(reason=hostile)
    assert await starter.ends() == 1
    harmless = r"a\x1b[2J\n::error::theirs"
    assert starter.out.count(harmless) == 2
    assert f"did not complete: {harmless}" in starter.err


async def test_another_type(project: Project, own_client: Client) -> None:
    """The starter joins no Execution of another Workflow type."""
    await own_client.start_workflow("Other", id=ID, task_queue=TASK_QUEUE)
    line = the_one_line(await project.run("main.py"))
    assert line.startswith("A Workflow Execution of another type, Other, runs under the id")


async def test_another_event_in_the_timer(project: Project, own_client: Client) -> None:
    """Events of something else do not end the countdown."""
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    project.change("plumbing/waits.py", "SAY_EVERY = 10", "SAY_EVERY = 0.5")
    await project.start("worker.py")
    starter = await project.start("main.py")
    await starter.says("Timer fires in")
    await own_client.get_workflow_handle(ID).signal("nobody hears it")
    await starter.says(r"(?s)WorkflowExecutionSignaled.*WorkflowTaskCompleted.*Timer fires in")


async def test_no_worker(project: Project, own_client: Client) -> None:
    """That no Worker polls is said also after another Event, and ours is not offered in vain."""
    project.change("plumbing/waits.py", "NO_WORKER_AFTER = 5", "NO_WORKER_AFTER = 2")
    handle = await own_client.start_workflow("BackgroundCheck", SSN, id=ID, task_queue="another")
    starter = await project.start("main.py")
    await starter.says("WorkflowTaskScheduled")
    await handle.cancel()
    said = await starter.says("No Worker has taken this Workflow Task for 2 s. (.*)\n")
    assert said[1] == "Ours would not: its Task Queue is another"
    assert "WorkflowExecutionCancelRequested" in starter.out


async def test_a_restarted_service(project: Project, tmp_path: Path) -> None:
    """A killed Temporal Service is said once; when it is back, rows and countdown go on.

    The Worker goes on serving without being restarted. SIGTERM ends it within the grace period,
    even while the Service is down.
    """
    port = free_port()
    project.serve_at(f"127.0.0.1:{port}")
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    project.change("backgroundcheck.py", "sleep(60)", "sleep(5)")
    project.change("plumbing/waits.py", "SAY_EVERY = 10", "SAY_EVERY = 0.5")
    # By itself the SDK tries again for six seconds before we hear of it.
    project.change("plumbing/client.py", "import RPCError", "import RetryConfig, RPCError")
    few = "runtime=runtime(), retry_config=RetryConfig(max_retries=3)"
    project.change("plumbing/client.py", "runtime=runtime()", few)
    service = await serve(project, tmp_path / "dev.db", port)
    worker = await project.start("worker.py")
    starter = await project.start("main.py")
    await starter.says("TimerStarted +5s")
    await killed(service)
    await starter.says("The Temporal Service does not answer")
    counted = starter.out.count("Timer fires in")
    service = await serve(project, tmp_path / "dev.db", port)
    assert await starter.ends(60) == 0
    assert starter.err.count("does not answer") == 1
    assert starter.err.count("answers again") == 1
    assert starter.err.count("\n") == 2, starter
    assert starter.out.count("TimerStarted") == 1
    assert starter.out.count("Timer fires in") > counted
    await killed(service)
    await asyncio.sleep(0.5)
    worker.send(signal.SIGTERM)
    assert await worker.ends(15) == 0


async def killed(service: Program) -> None:
    service.send(signal.SIGKILL)
    await service.ends()


@pytest.mark.slow
async def test_a_paused_service(project: Project, tmp_path: Path) -> None:
    """A pause of 45 s of Service and starter, as of a machine asleep, is survived."""
    port = free_port()
    project.serve_at(f"127.0.0.1:{port}")
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    service = await serve(project, tmp_path / "dev.db", port)
    await project.start("worker.py")
    starter = await project.start("main.py")
    await starter.says("TimerStarted +60s")
    for program in (starter, service):
        program.send(signal.SIGSTOP)
    await asyncio.sleep(45)
    for program in (starter, service):
        program.send(signal.SIGCONT)
    assert await starter.ends(60) == 0
    assert starter.err.count("does not answer") == starter.err.count("answers again") <= 1
    assert starter.out.count("TimerStarted") == 1


class Step:
    """A step that fails so many times before it succeeds."""

    def __init__(self, status: RPCStatusCode, times: int) -> None:
        self.status, self.times = status, times

    async def __call__(self) -> str:
        self.times -= 1
        if self.times < 0:
            return "done"
        raise RPCError("why\x1b", self.status, b"")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    sleep = asyncio.sleep
    monkeypatch.setattr("plumbing.patience.asyncio.sleep", lambda _: sleep(0))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["DEADLINE_EXCEEDED", "UNAVAILABLE", "RESOURCE_EXHAUSTED"])
async def test_it_tries_again(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """What passes is said once, and once that it has passed."""
    assert await Patience("again", lambda: False).take(Step(RPCStatusCode[name], 3)) == "done"
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"The Temporal .* answer \(why\\x1b\)\. .*\n.* answers again\.\n", err)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("status", "gone", "at_most", "says"),
    [
        (RPCStatusCode.UNAVAILABLE, True, 600, "The dev server has ended"),
        (RPCStatusCode.UNAVAILABLE, False, 0, "The Temporal Service does not answer"),
        (RPCStatusCode.NOT_FOUND, False, 600, r"It is not there any more \(why\\x1b\)"),
    ],
    ids=["ended", "too-long", "not-found"],
)
async def test_it_gives_up(
    monkeypatch: pytest.MonkeyPatch, status: RPCStatusCode, gone: bool, at_most: int, says: str
) -> None:
    """Who gives up says how to join the Execution again."""
    monkeypatch.setattr(patience, "AT_MOST", at_most)
    with pytest.raises(Mistake, match=rf"^{says}\. Join .* again, or start another: main\.py$"):
        await Patience("main.py", lambda: gone).take(Step(status, 3))


async def test_another_error_is_raised() -> None:
    """What does not pass is nothing to wait for."""
    with pytest.raises(RPCError, match="why"):
        await Patience("again", lambda: False).take(Step(RPCStatusCode.PERMISSION_DENIED, 1))


@pytest.mark.parametrize("dumb", [False, True], ids=["pipe", "dumb-terminal"])
async def test_a_timer_without_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dumb: bool
) -> None:
    """Where there is no bar, a line comes now and then while a Timer runs."""
    assert waits.SAY_EVERY == 10
    monkeypatch.setattr(waits, "SAY_EVERY", 0.2)
    if dumb:
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await waits.countdown(datetime.now(UTC) + timedelta(seconds=0.5), 0.5)
    lines = capsys.readouterr().out.splitlines()
    assert 1 <= len(lines) <= 2
    assert all(re.fullmatch(r" {7}Timer fires in [01] s", line) for line in lines)


async def test_the_worker_watches(
    client: Client, fresh_id: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A Worker says once that its Namespace has gone, and once that it is back."""
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.05)
    address = client.service_client.config.target_host
    here = await Client.connect(address, namespace=fresh_id, runtime=runtime())
    watching = asyncio.create_task(watch.watch(here))
    await logged(caplog, f"{address} has no namespace '{fresh_id}'. Create it: ")
    await create_namespace(here)
    await logged(caplog, f"{address} answers again")
    watching.cancel()
    assert len(caplog.records) == 2


async def test_the_worker_misses_its_service(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A Worker says once that its Temporal Service does not answer."""
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.05)
    async with await start_dev_server() as service:
        address = service.client.service_client.config.target_host
        watching = asyncio.create_task(watch.watch(service.client))
    await logged(caplog, f"{address} does not answer; the Worker tries it again")
    await asyncio.sleep(0.2)
    watching.cancel()
    assert len(caplog.records) == 1


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Wait until the last line that was logged begins so."""
    since = time.monotonic()
    while not caplog.messages or not caplog.messages[-1].startswith(text):
        assert time.monotonic() - since < PATIENCE, caplog.messages
        await asyncio.sleep(0.02)
