"""The resource of local mode is the port: no run ends the dev server under another's."""

import re
import signal

import pytest

from tests.support.programs import ALWAYS, NEVER, Project, free_port, the_one_line
from tests.support.servers import dev_server_pid, listens, serve, state

ANOTHERS = r"is the dev server of (\S+), and ends with the last run there\. End it \(make -C"


@pytest.fixture(autouse=True)
def sleeping(local: Project, second: Project) -> None:
    for project in (local, second):
        project.change("backgroundcheck.py", "random_number < 50", ALWAYS)


async def test_a_run_and_what_it_leaves(local: Project, second: Project) -> None:
    """A run's dev server is named to others, and left alone; so is what a killed run has left.

    Another folder is told whose it is, and how to stop it; the same one can't take another port.
    """
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    found = re.search(ANOTHERS, the_one_line(await second.run("main.py", "--local")))
    assert found
    assert found[1] == str(local.directory)
    elsewhere = f"127.0.0.1:{free_port()}"
    line = the_one_line(await local.run("main.py", "--local", TEMPORAL_ADDRESS=elsewhere))
    assert f"uses its dev server at {local.environment['TEMPORAL_ADDRESS']}" in line
    assert listens(local)
    first.send(signal.SIGKILL)
    await first.ends()
    for arguments in (["main.py", "--local"], ["main.py", "--detach"], ["worker.py"]):
        program = await second.start(*arguments)
        await program.says(rf"make -C {local.directory} stop")
    for arguments in (["main.py", "--detach"], ["worker.py"]):
        program = await local.start(*arguments)
        await program.says(rf"has started in {local.directory}\. .*: make stop\n")


async def test_a_run_that_one_may_not_end(local: Project, second: Project) -> None:
    """Who can't end the dev server of another folder, or another user, is not told to."""
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    state(local, "users").unlink()
    line = the_one_line(await second.run("main.py", "--local"))
    assert line.endswith("the last run there. Take another port: TEMPORAL_ADDRESS=localhost:7243\n")
    worker = await second.start("worker.py")
    await worker.says(rf"has started in {local.directory}\.\n")


async def test_two_folders_at_the_same_moment(local: Project, second: Project) -> None:
    """Of two that start at once, one gets the port, and the other is told so."""
    runs = [await project.start("main.py", "--local") for project in (local, second)]
    for run in runs:
        await run.says("TimerStarted|is the dev server of|did not start")
    lost = [run for run in runs if "TimerStarted" not in run.out]
    assert len(lost) == 1, [str(run) for run in runs]
    assert await lost[0].ends() == 2
    assert (dev_server_pid(local) is None) != (dev_server_pid(second) is None)


async def test_two_runs_and_what_they_leave(local: Project, second: Project) -> None:
    """Two starters share one dev server, both end with 0, and the last one stops it.

    A dev server started by hand on the database that they leave is nobody's.
    """
    local.change("backgroundcheck.py", ALWAYS, NEVER)
    both = [await local.start("main.py", "--local", "--workflow-id", name) for name in "ab"]
    assert [await starter.ends() for starter in both] == [0, 0]
    assert all("WorkflowExecutionCompleted" in starter.out for starter in both)
    assert dev_server_pid(local) is None
    assert not listens(local)
    port = int(local.environment["TEMPORAL_ADDRESS"].rpartition(":")[2])
    await serve(local, state(local, "dev.db"), port)
    for project in (local, second):
        worker = await project.start("worker.py")
        await worker.says("Serving")
        assert "local mode" not in worker.err
