"""``main.py --local``: a dev server and a Worker that come and go with the starter."""

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import sys
import urllib.request
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.executions import ASLEEP
from tests.support.programs import ALWAYS, NEVER, Program, Project, events, the_one_line
from tests.support.servers import dev_server_pid, listens, state, stranger

RUN_ID = r"run id (\S+)"


def first_rows(program: Program) -> list[str]:
    """The Events up to the Timer, as they were printed."""
    return re.findall(r"^ +[1-5]  .*$", program.out, re.MULTILINE)


async def killed_in_the_timer(local: Project) -> Program:
    """A starter that was killed while its Workflow Execution sleeps."""
    local.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    killed = await local.start("main.py", "--local")
    await killed.says("TimerStarted +60s")
    killed.send(signal.SIGKILL)
    assert await killed.ends() == -signal.SIGKILL
    return killed


async def test_it_carries_on(local: Project) -> None:
    """After SIGKILL in the Timer the next run joins the same Execution and adopts its dev server.

    That serves on loopback only. The Web UI's address that is printed answers, and names the run.

    Claims: 36
    """
    killed = await killed_in_the_timer(local)
    run_id = re.findall(RUN_ID, killed.out)
    server = dev_server_pid(local)
    assert server
    again = await local.start("main.py", "--local")
    await again.says("TimerStarted +60s")
    assert dev_server_pid(local) == server
    if sys.platform == "linux":
        assert_on_loopback_only(server)
    assert re.findall(RUN_ID, again.out) == run_id
    assert "Joined running Workflow Execution" in again.out
    assert first_rows(again) == first_rows(killed)
    assert [name for _, name in events(again)] == ASLEEP[:5]
    for program in (killed, again):
        [web_ui] = re.findall(r"(?m)^Web UI: (http://127\.0\.0\.1:\S+)$", program.out)
        assert f"/workflows/backgroundcheck_workflow/{run_id[0]}/history" in web_ui
    await assert_answers(web_ui)
    again.send(signal.SIGINT)
    assert await again.ends() == 130
    assert dev_server_pid(local) is None
    assert not listens(local)


@pytest.mark.slow
async def test_it_completes_after_sigkill(local: Project) -> None:
    """A killed run's Execution ends in the next one with pass; its Activity is scheduled once."""
    killed = await killed_in_the_timer(local)
    again = await local.start("main.py", "--local")
    assert await again.ends(90) == 0
    assert [name for _, name in events(again)] == ASLEEP
    assert first_rows(again) == first_rows(killed)
    assert '  Result  "pass"\n' in again.out
    assert dev_server_pid(local) is None


async def assert_answers(web_ui: str) -> None:
    with await asyncio.to_thread(urllib.request.urlopen, web_ui) as answer:
        assert answer.status == 200


def assert_on_loopback_only(pid: int) -> None:
    """Not one port of the process is open to other machines."""
    inodes = set[str]()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed in the meantime
            inodes.add(str(link.readlink()))
    addresses = [
        row.split()[1].partition(":")[0]
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        if row.split()[3] == "0A" and f"socket:[{row.split()[9]}]" in inodes
    ]
    assert len(addresses) >= 2
    assert {address[-2:] for address in addresses} == {"7F"}


async def test_a_running_service(local: Project, own_client: Client) -> None:
    """A Temporal Service that answers already is used, said to be so, and goes on afterwards."""
    local.change("backgroundcheck.py", "random_number < 50", NEVER)
    starter = await local.run("main.py", "--local")
    assert starter.process.returncode == 0
    assert len(events(starter)) == 11
    assert "A Temporal Service is at" in starter.err
    assert "as long as that dev server runs" in starter.out
    assert not state(local, "dev.db").exists()
    other = await local.run("main.py", "--local", TEMPORAL_NAMESPACE="another")
    assert "at another port: make run TEMPORAL_ADDRESS=127.0.0.1:7399" in the_one_line(other)
    assert await own_client.service_client.check_health()


def garbage(database: Path) -> None:
    database.write_bytes(b"this is no database\n" * 500)


def empty(database: Path) -> None:
    """As a disk leaves it that was full, or a machine that lost its power."""
    database.touch()


def foreign(database: Path) -> None:
    """A database of another program, with a table that the dev server would want to make."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE executions (note TEXT)")
        connection.commit()


@pytest.mark.parametrize("spoil", [garbage, empty, foreign], ids=["garbage", "empty", "foreign"])
async def test_a_spoilt_database(local: Project, spoil: object) -> None:
    """A database that the dev server can't use gets one line, and stays as it is."""
    state(local).mkdir()
    database = state(local, "dev.db")
    assert callable(spoil)
    spoil(database)
    before = database.read_bytes()
    line = the_one_line(await local.run("main.py", "--local"))
    assert "The dev server did not start" in line
    assert line.endswith(f" (Move {database} away, and a new one is made.)\n")
    assert database.read_bytes() == before


async def test_a_server_that_does_not_start(local: Project) -> None:
    """Where the dev server takes long, that is said, and where to look."""
    local.change("plumbing/devstart.py", "LONG = 10.0", "LONG = 0.1")
    local.change("plumbing/devstart.py", 'UP = "Temporal Server:"', 'UP = "what it never says"')
    local.change("plumbing/devprocess.py", "PATIENCE = 15.0", "PATIENCE = 0.5")
    starter = await local.run("main.py", "--local")
    assert starter.process.returncode == 2
    slow, reason = starter.err.splitlines()
    assert slow.endswith(
        f"The dev server takes long to start; what it says is in {state(local, 'dev.log')}"
    )
    assert "The dev server did not start" in reason


async def test_no_place_for_state(local: Project) -> None:
    """Where local mode can't keep its state it says where that is."""
    state(local).write_text("a file, not a folder")
    line = the_one_line(await local.run("main.py", "--local"))
    assert line.startswith(f"Local mode keeps its state in {state(local)}")
    state(local).unlink()
    state(local).mkdir()
    os.mkfifo(state(local, "users"))
    line = the_one_line(await local.run("main.py", "--local"))
    assert line == f"Local mode keeps its state in {state(local)}: users is not a file.\n"


async def test_a_taken_web_ui_port(local: Project) -> None:
    """When the Web UI's port is taken, the one line says so."""
    host, port = local.environment["TEMPORAL_ADDRESS"].split(":")
    async with await asyncio.start_server(
        lambda reader, writer: writer.close(), host, int(port) + 1000
    ):
        line = the_one_line(await local.run("main.py", "--local"))
    assert "The dev server did not start" in line
    assert str(int(port) + 1000) in line
    assert dev_server_pid(local) is None


async def test_a_taken_port(local: Project) -> None:
    """When something else listens at the address, no dev server is started there."""
    async with stranger(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as address:
        local.serve_at(address)
        line = the_one_line(await local.run("main.py", "--local"))
    assert "what answers is no Temporal Service" in line
    assert dev_server_pid(local) is None
