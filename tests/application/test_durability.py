"""What the Background Check survives: killed Workers, servers and starters, and full disks."""

import asyncio
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.client import Client

from backgroundcheck import BackgroundCheck
from connection import TASK_QUEUE
from plumbing.client import CONNECT_TIMEOUT
from tests.application.soak import let_it_retry, soak
from tests.support.executions import ASLEEP, AWAKE, SOON, SSN, Handle, completed, types
from tests.support.programs import (
    ALWAYS,
    NEVER,
    PATIENCE,
    SERVES,
    Program,
    Project,
    events,
    free_port,
    the_one_line,
)
from worker import backgroundcheck_worker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as in POSIX")

OWN_MOUNTS = ["unshare", "-Urmpf", "--kill-child"]  # of which nobody else sees anything
TAKE_AND_GIVE_ROOM = """
"$@" &
until [ -e take ]; do sleep 0.1; done
cat /dev/zero >.temporal/zeros 2>/dev/null
echo no room
until [ -e give ]; do sleep 0.1; done
rm .temporal/zeros
wait $! || exec "$@"
"""


def hurry(project: Project, seconds: int) -> None:
    """Shorten the sleep, and the times for which a dead Worker keeps others from its work."""
    let_it_retry(project)
    project.change("backgroundcheck.py", "timedelta(seconds=5)", "timedelta(seconds=1)")
    project.change("backgroundcheck.py", "sleep(60)", f"sleep({seconds})")
    project.change(
        "worker.py",
        '": GRACE}',
        '": GRACE, "sticky_queue_schedule_to_start_timeout": timedelta(seconds=1)}',
    )


async def test_a_short_soak(project: Project) -> None:
    """Whoever is killed, every Execution passes once and replays."""
    hurry(project, seconds=2)
    figures = await soak(project, executions=8, seconds=1.5, every=0.5, task_timeout=SOON)
    assert figures.good(), figures
    assert figures.worker_kills
    assert figures.server_kills


async def test_one_of_two_workers(project: Project, own_client: Client) -> None:
    """When one of two Workers is killed, the other completes what both have begun."""
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    hurry(project, seconds=1)
    workers = [await project.start("worker.py") for _ in range(2)]
    for each in workers:
        await each.says(SERVES)
    handles: list[Handle] = []
    while not all("Sleeping for 60 seconds" in each.err for each in workers):
        handles.append(
            await own_client.start_workflow(
                BackgroundCheck.run,
                SSN,
                id=f"check-{len(handles)}",
                task_queue=TASK_QUEUE,
                task_timeout=SOON,
            )
        )
        await asyncio.sleep(0.05)
    workers[0].send(signal.SIGKILL)
    results = await asyncio.wait_for(asyncio.gather(*(h.result() for h in handles)), PATIENCE)
    assert set(results) == {"pass"}


async def test_without_a_cache(client: Client, fresh_id: str) -> None:
    """A Worker that keeps no Execution in memory replays it at each step, to the same end."""
    async with backgroundcheck_worker(client, task_queue=fresh_id, max_cached_workflows=0):
        history = await completed(client, fresh_id, sleeps=False)
    tasks = [event.workflow_task_scheduled_event_attributes.task_queue for event in history.events]
    assert {queue.kind for queue in tasks if queue.name} == {TaskQueueKind.TASK_QUEUE_KIND_NORMAL}
    assert types(history) == AWAKE


async def test_a_worker_before_its_service(project: Project) -> None:
    """A Worker that finds no Temporal Service says so and exits 2 at once."""
    project.serve_at("127.0.0.1:1")
    since = time.monotonic()
    line = the_one_line(await project.run("worker.py"))
    assert line.startswith(
        "Nothing listens at 127.0.0.1:1 (TEMPORAL_ADDRESS in the environment). Start a dev server: "
    )
    assert time.monotonic() - since < CONNECT_TIMEOUT


async def test_a_killed_starter(project: Project, own_client: Client) -> None:
    """When the starter is killed, the next one joins and prints every Event from the first one."""
    hurry(project, seconds=1)
    killed = await project.start("main.py")
    await killed.says("WorkflowTaskScheduled")
    killed.send(signal.SIGKILL)
    assert await killed.ends() == -signal.SIGKILL
    again = await project.start("main.py")
    await again.says("Joined running Workflow Execution")
    await project.start("worker.py")
    assert await again.ends() == 0
    assert events(again) in (list(enumerate(AWAKE, 1)), list(enumerate(ASLEEP, 1)))
    assert '  Result  "pass"\n' in again.out


@pytest.fixture
def local(project: Project) -> Project:
    """A project in which a test can mount a file system of its own on ``.temporal``."""
    unshare = shutil.which(OWN_MOUNTS[0])
    mount = "mount -t tmpfs tmpfs /mnt"
    if not unshare or subprocess.run([*OWN_MOUNTS, "sh", "-c", mount], stderr=-3).returncode:
        pytest.skip("needs a mount namespace of its own, which this system does not grant")
    project.serve_at(f"127.0.0.1:{free_port()}")
    (project.directory / ".temporal").mkdir()
    hurry(project, seconds=2)
    return project


async def mounted(project: Project, options: str, script: str) -> Program:
    """Start a shell script where ``.temporal`` is mounted; in it, "$@" is the starter."""
    command = f"mount -t tmpfs -o {options} tmpfs .temporal || exit\n{script}"
    unshare = shutil.which(OWN_MOUNTS[0])
    assert unshare
    starter = [sys.executable, "main.py", "--local"]
    return await project.start(unshare, *OWN_MOUNTS[1:], "sh", "-c", command, "sh", *starter)


async def test_a_read_only_place(local: Project) -> None:
    """Where local mode may only read, it says where that is."""
    program = await mounted(local, "ro", 'exec "$@"')
    await program.ends()
    line = the_one_line(program)
    assert re.fullmatch(r"Local mode keeps its state in \S+: Read-only file system\.\n", line)


async def test_no_room_to_begin(local: Project) -> None:
    """A disk too full for a database gets one line, and leaves nothing that is in the way later."""
    local.change("backgroundcheck.py", "random_number < 50", NEVER)
    full = "head -c 50800k /dev/zero >.temporal/zeros"  # of 50 MiB, 51200k
    script = f'{full}; "$@"; echo "status $?"; rm .temporal/zeros; "$@"'
    program = await mounted(local, "size=50m", script)
    assert await program.ends() == 0, program
    assert program.out.startswith("status 2\nStarted Workflow Execution")
    line, *_ = program.err.splitlines()
    assert re.match(r"The dev server did not start: .*database or disk is full", line)
    assert '  Result  "pass"\n' in program.out


async def test_no_room_to_go_on(local: Project) -> None:
    """A full disk may end the dev server; with room again, the same Execution goes on."""
    local.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    program = await mounted(local, "size=8m", TAKE_AND_GIVE_ROOM)
    await program.says("TimerStarted +2s")
    (local.directory / "take").touch()
    await program.says("no room")
    await asyncio.sleep(2.5)
    assert "TimerFired" not in program.out
    (local.directory / "give").touch()
    assert await program.ends() == 0, str(program)
    begun = re.search(r"^Started .* run id (\S+)\n", program.out)
    passed = re.search(r'  Result  "pass"\n  RunId   (\S+)\n', program.out)
    assert begun
    assert passed
    assert passed[1] == begun[1]
