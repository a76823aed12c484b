"""The starter as a person runs it: ``main.py`` in a process of its own, against real servers."""

import asyncio
import os
import re
import signal
import sys
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from backgroundcheck import BackgroundCheck
from connection import TASK_QUEUE
from main import main
from program import Mistake
from tests.support.executions import AWAKE, SSN, TRIES, worker
from tests.support.programs import PATIENCE, Project, events, the_one_line
from tests.support.servers import stranger
from tests.support.standins import Asleep, Awake

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes as in POSIX")

ID = "backgroundcheck_workflow"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
NOWHERE = "127.0.0.1:1"
STARTED = r"Started Workflow Execution (\S+), run id (\S+)\n"


async def test_the_three_terminals(project: Project, own_client: Client) -> None:
    """A dev server, a Worker and a starter carry a Background Check to its result.

    Claims: 25, 26, 27
    """
    serving = await project.start("worker.py")
    for attempt in range(TRIES):
        starter = await project.start("main.py", "--workflow-id", f"check-{attempt}")
        row = await starter.says("TimerStarted +60s|ActivityTaskScheduled +ssn_trace_activity")
        if "Timer" not in row[0]:
            break
        await own_client.get_workflow_handle(f"check-{attempt}").terminate()
        assert await starter.ends() == 1
    assert await starter.ends() == 0
    assert events(starter) == list(enumerate(AWAKE, 1))
    run_id = re.search(STARTED, starter.out)[2]  # type: ignore[index]
    block = f'\nResults:\n  Status  COMPLETED\n  Result  "pass"\n  RunId   {run_id}\n'
    assert starter.out.endswith(block)
    assert starter.err == ""
    serving.send(signal.SIGTERM)
    assert await serving.ends() == 0


async def test_joining(project: Project, own_client: Client) -> None:
    """Who starts what is running joins it, says so, and sees it whole from the first Event."""
    first = await project.run("main.py", "000-00-0001", "--detach")
    run_id = re.search(STARTED, first.out)[2]  # type: ignore[index]
    second = await project.start("main.py", "000-00-0002")
    await second.says(rf"Joined running Workflow Execution {ID}, run id {run_id} ")
    async with worker(own_client, TASK_QUEUE, workflows=[Awake]):
        assert await second.ends() == 0
    assert events(second) == list(enumerate(AWAKE, 1))
    assert f"RunId   {run_id}\n" in second.out


async def test_detaching(project: Project, own_client: Client) -> None:
    """With --detach the starter returns at once, and tells how to follow what it has started."""
    starter = await project.run("main.py", "--detach", "--workflow-id", "an id")
    assert starter.process.returncode == 0
    assert starter.out.endswith(f"Follow it: {project.python} main.py --workflow-id 'an id'\n")
    description = await own_client.get_workflow_handle("an id").describe()
    assert description.status
    assert description.status.name == "RUNNING"


async def test_no_worker(project: Project, own_client: Client) -> None:
    """When no Worker polls, the starter says so once and waits until one does."""
    project.change("plumbing/waits.py", "NO_WORKER_AFTER = 5", "NO_WORKER_AFTER = 0.5")
    starter = await project.start("main.py")
    await starter.says("No Worker has taken this Workflow Task for 0.5 s")
    await asyncio.sleep(0.8)
    async with worker(own_client, TASK_QUEUE, workflows=[Awake]):
        assert await starter.ends() == 0
    assert starter.err.count(f"terminal: {project.python} worker.py") == 1
    assert starter.err.count("\n") == 1


@pytest.mark.parametrize(
    "ssn",
    [
        pytest.param("000000001", id="no-dashes"),
        pytest.param("000-00-00011", id="a-digit-too-many"),
        pytest.param("000-00-000", id="a-digit-too-few"),
        pytest.param("\N{ARABIC-INDIC DIGIT ZERO}00-00-0001", id="other-digits"),
        pytest.param("000-00-0001\n", id="a-line-break"),
        pytest.param("pass", id="a-word"),
        pytest.param("", id="empty"),
    ],
)
async def test_malformed_ssn(ssn: str) -> None:
    """A malformed SSN is refused before anything is sent anywhere."""
    with pytest.raises(Mistake, match=r"^That SSN is malformed"):
        await main(ssn, ID)


async def test_malformed_ssn_on_the_command_line(project: Project) -> None:
    """A malformed SSN gets one line, and does not come back in it."""
    starter = await project.run("main.py", "000-00-00011", TEMPORAL_ADDRESS=NOWHERE)
    assert the_one_line(starter).startswith("That SSN is malformed")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        pytest.param(
            {"TEMPORAL_ADDRESS": NOWHERE},
            r"127\.0\.0\.1:1\b.*temporal'? server start-dev .*--port 1 .*--local",
            id="nothing-listens",
        ),
        pytest.param(
            {"TEMPORAL_NAMESPACE": "elsewhere"},
            "temporal'? operator namespace create --namespace elsewhere --address",
            id="no-such-namespace",
        ),
        pytest.param({"TEMPORAL_TLS": "true"}, "speaks no TLS", id="tls"),
        pytest.param({"TEMPORAL_API_KEY": "key"}, "speaks no TLS.*TEMPORAL_API_KEY", id="api-key"),
        pytest.param(
            {"TEMPORAL_TLS_CLIENT_CERT_PATH": "absent.pem"},
            "^TEMPORAL_TLS_CLIENT_CERT_PATH in the environment names absent.pem: No such file",
            id="no-certificate",
        ),
        pytest.param({"TEMPORAL_ADDRESS": "no such host"}, "TEMPORAL_ADDRESS", id="no-address"),
    ],
)
async def test_wrong_settings(
    project: Project, own_client: Client, variables: dict[str, str], says: str
) -> None:
    """A setting that does not fit the Temporal Service gets one line that names the way out."""
    assert re.search(says, the_one_line(await project.run("main.py", **variables)))


async def test_broken_env_file(project: Project) -> None:
    """A line of .env that can't be parsed is named."""
    env_file = project.directory / ".env"
    env_file.write_text("A=b\nno assignment\n")
    env_file.chmod(0o600)
    line = the_one_line(await project.run("main.py"))
    assert f"{env_file}, line 2: this is no NAME=value" in line


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", id="http"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="ssh"),
        pytest.param(b"", id="silent"),
    ],
)
async def test_no_temporal_service(project: Project, answer: bytes) -> None:
    """What listens at the address but is no Temporal Service gets called that."""
    if not answer:
        project.change("plumbing/client.py", "CONNECT_TIMEOUT = 10.0", "CONNECT_TIMEOUT = 1.0")
    async with stranger(answer) as address:
        starter = await project.run("main.py", TEMPORAL_ADDRESS=address)
    line = the_one_line(starter)
    assert line.startswith(
        f"Can't connect to {address} (TEMPORAL_ADDRESS in the environment): "
        + ("what answers is no" if answer else "it gives no answer: it hangs, is no Temporal")
    )


@activity.defn(name="ssn_trace_activity")
async def fails(ssn: str) -> str:
    raise ApplicationError("the outside service said no", non_retryable=True)


async def test_failed(project: Project, own_client: Client) -> None:
    """After a failed Execution the starter exits 1 with the reason."""
    async with worker(own_client, TASK_QUEUE, workflows=[Awake], activities=[fails]):
        starter = await project.run("main.py")
    assert starter.process.returncode == 1
    assert "did not complete: Activity task failed: the outside service said no\n" in starter.err
    assert starter.err.count("\n") == 1
    assert "Status  FAILED" in starter.out


async def test_cancelled(project: Project, own_client: Client) -> None:
    """After a cancelled Execution the starter exits 1 and says so."""
    async with worker(own_client, TASK_QUEUE, workflows=[Asleep]):
        starter = await project.start("main.py")
        await starter.says("TimerStarted +60s")
        await own_client.get_workflow_handle(ID).cancel()
        assert await starter.ends() == 1
    assert "did not complete: Workflow cancelled\n" in starter.err
    assert "Status  CANCELED" in starter.out


async def test_terminated(project: Project, own_client: Client) -> None:
    """After a terminated Execution the starter exits 1 with the reason."""
    starter = await project.start("main.py")
    await starter.says("WorkflowTaskScheduled")
    await own_client.get_workflow_handle(ID).terminate(reason="no person: 000-12-3456")
    assert await starter.ends() == 1
    assert "did not complete: no person: ***-**-****\n" in starter.err
    assert "Status  TERMINATED" in starter.out


async def test_timed_out(project: Project, own_client: Client) -> None:
    """After an Execution that timed out the starter exits 1 and says so."""
    for seconds in (1, 5, 18):  # of which the starter, on a slow machine, may need some itself
        await own_client.start_workflow(
            BackgroundCheck.run,
            SSN,
            id=ID,
            task_queue=TASK_QUEUE,
            execution_timeout=timedelta(seconds=seconds),
        )
        starter = await project.start("main.py")
        if (await starter.says("(Started|Joined running) Workflow Execution"))[1] != "Started":
            break
        await own_client.get_workflow_handle(ID).terminate()
    assert await starter.ends() == 1
    assert "timed out" in starter.err
    assert "Status  TIMED_OUT" in starter.out


async def test_interrupted(project: Project, own_client: Client) -> None:
    """Ctrl-C leaves the Execution running, says how to join it again, and exits 130."""
    starter = await project.start("main.py")
    await starter.says("WorkflowTaskScheduled")
    starter.send(signal.SIGINT)
    assert await starter.ends(5) == 130
    again = f"{project.python} main.py --workflow-id {ID}"
    assert starter.err == f"The Workflow Execution goes on; join it again: {again}\n"
    description = await own_client.get_workflow_handle(ID).describe()
    assert description.status
    assert description.status.name == "RUNNING"


async def test_a_reader_that_leaves(project: Project, own_client: Client) -> None:
    """When nobody reads stdout any more, as after ``| head -1``, the starter ends quietly."""
    reading, writing = os.pipe()
    starter = await project.start("main.py", stdout=writing)
    os.close(writing)
    os.close(reading)
    assert await starter.ends() == 128 + signal.SIGPIPE
    assert starter.err == ""


async def test_the_progress_bar(project: Project, own_client: Client) -> None:
    """On a terminal a bar counts down while a Timer runs; what is said meanwhile stays whole."""
    reading, writing = os.openpty()
    async with worker(own_client, TASK_QUEUE, workflows=[Asleep]):
        starter = await project.start("main.py", stdout=writing, TERM="xterm", COLUMNS="40")
        os.close(writing)
        seen = await asyncio.wait_for(
            asyncio.to_thread(read_until, reading, "fires in 59 s"), PATIENCE
        )
        starter.send(signal.SIGINT)
        assert await starter.ends() == 130
    os.close(reading)
    assert "Timer fires in 60 s" in seen
    assert "━" in seen
    assert seen.rfind(SHOW_CURSOR) > seen.rfind(HIDE_CURSOR)  # also for who stops it by Ctrl-Z
    assert SSN not in seen
    assert starter.err.startswith("The Workflow Execution goes on; join it again: ")
    assert starter.err.endswith(f" --workflow-id {ID}\n")
    assert starter.err.count("\n") == 1


def read_until(terminal: int, text: str) -> str:
    """Read from the terminal until the text comes."""
    seen = b""
    while text.encode() not in seen and (chunk := os.read(terminal, 4096)):
        seen += chunk
    return seen.decode(errors="replace")
