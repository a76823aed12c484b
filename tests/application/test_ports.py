"""The resource of local mode is the port: no run ends the dev server under another's."""

import re
import signal

import pytest

from tests.support.programs import ALWAYS, NEVER, Project, free_port, the_one_line
from tests.support.servers import dev_server_pid, listens, serve

ANOTHERS = r"is the dev server of (\S+), and ends with the last run there\. End it \(make -C"


@pytest.fixture(autouse=True)
def sleeping(local: Project, second: Project) -> None:
    for project in (local, second):
        project.change("backgroundcheck.py", "random_number < 50", ALWAYS)


async def test_two_folders(local: Project, second: Project) -> None:
    """Who finds another folder's dev server says whose it is, and leaves it alone."""
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    line = the_one_line(await second.run("main.py", "--local"))
    found = re.search(ANOTHERS, line)
    assert found
    assert found[1] == str(local.directory)
    assert listens(local)
    first.send(signal.SIGINT)
    assert await first.ends() == 130


async def test_two_folders_at_the_same_moment(local: Project, second: Project) -> None:
    """Of two that start at once, one gets the port, and the other is told so."""
    runs = [await project.start("main.py", "--local") for project in (local, second)]
    for run in runs:
        await run.says("TimerStarted|is the dev server of|did not start")
    lost = [run for run in runs if "TimerStarted" not in run.out]
    assert len(lost) == 1, [str(run) for run in runs]
    assert await lost[0].ends() == 2
    assert (dev_server_pid(local) is None) != (dev_server_pid(second) is None)


async def test_a_killed_run_elsewhere(local: Project, second: Project) -> None:
    """What a killed run has left in another folder is named, with the command that stops it."""
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    first.send(signal.SIGKILL)
    await first.ends()
    for arguments in (["main.py", "--local"], ["main.py", "--detach"], ["worker.py"]):
        program = await second.start(*arguments)
        await program.says(rf"make -C {local.directory} stop")


async def test_a_killed_run_here(local: Project) -> None:
    """After a killed run, each next command says that its dev server stayed."""
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    first.send(signal.SIGKILL)
    await first.ends()
    for arguments in (["main.py", "--detach"], ["worker.py"]):
        program = await local.start(*arguments)
        await program.says(rf"has started in {local.directory}\. .*: make stop\n")


async def test_two_ports(local: Project) -> None:
    """A second run of a folder can't take another port while its dev server is in use."""
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    at = local.environment["TEMPORAL_ADDRESS"]
    line = the_one_line(
        await local.run("main.py", "--local", TEMPORAL_ADDRESS=f"127.0.0.1:{free_port()}")
    )
    assert f"uses its dev server at {at}" in line
    assert listens(local)


async def test_a_server_of_ones_own(local: Project, second: Project) -> None:
    """A dev server started by hand is used by both, said to be so, and left running."""
    port = int(local.environment["TEMPORAL_ADDRESS"].rpartition(":")[2])
    await serve(local, local.directory / "mine.db", port)
    for project in (local, second):
        project.change("backgroundcheck.py", ALWAYS, NEVER)
        run = await project.run("main.py", "--local")
        assert run.process.returncode == 0, run
        assert "A Temporal Service is at" in run.err
        assert "as long as that dev server runs" in run.out
    other = await local.run("main.py", "--local", TEMPORAL_NAMESPACE="another")
    assert "make run TEMPORAL_ADDRESS=localhost:7399" in the_one_line(other)
    assert listens(local)


async def test_the_kept_database_by_hand(local: Project, second: Project) -> None:
    """A dev server started by hand on a database of local mode is nobody's."""
    local.change("backgroundcheck.py", ALWAYS, NEVER)
    assert (await local.run("main.py", "--local")).process.returncode == 0
    port = int(local.environment["TEMPORAL_ADDRESS"].rpartition(":")[2])
    await serve(local, local.directory / ".temporal" / "dev.db", port)
    for project in (local, second):
        worker = await project.start("worker.py")
        await worker.says("Serving")
        assert "local mode" not in worker.err
