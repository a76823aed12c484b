"""What a person can type or write into ``.env`` never ends in a traceback, and tells no SSN."""

import asyncio
import atexit
import io
import os
import runpy
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from temporalio.testing import WorkflowEnvironment

from codec import VARIABLE
from connection import connect, data_converter
from plumbing import environment
from plumbing.localsettings import local_settings
from program import Mistake
from replaygate.program import status_of
from tests.recordings.keys import TEST_KEY
from tests.support.programs import GATE, ROOT, Project, nothing_configured

NOWHERE = "localhost:65001"  # nothing listens there, and local mode refuses it
GIVEN_SSN = "666-00-0001"
STRICT = {"PYTHONIOENCODING": "utf-8:strict"}  # as most locales have it, for stdout
SECRET = "no-key-of-anyone"

few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# What a shell can pass on: any bytes but NUL, and invalid UTF-8 arrives as surrogates.
anything = st.binary(max_size=12).map(lambda data: os.fsdecode(data.replace(b"\0", b"")))
options = st.sampled_from(
    ["--local", "--detach", "--workflow-id", "--workflow-id=", "--loc", "--", "-", "-h", "-x"]
)
ssns = st.sampled_from([GIVEN_SSN, "666000001", "66\N{FULLWIDTH DIGIT SIX}-00-0001", "000-00-0001"])
words = st.sampled_from(["new-key", "a\nb", "\N{SNOWMAN}", "%s", "x" * 100_000, ""])
command_lines = st.lists(options | ssns | words | anything, max_size=5)


@dataclass
class Ended:
    """How a program has ended."""

    status: int
    said: str


class Left(BaseException):
    """The program has left through ``os._exit``."""


def leave(status: int) -> NoReturn:
    raise Left(status)


def ended(program: str, arguments: Sequence[str], **variables: str) -> Ended:
    """Run the program in this process, as ``python program arguments``, to its exit."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace")
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "argv", [program, *arguments]),
        patch.object(os, "_exit", leave),
        patch.object(atexit, "_run_exitfuncs"),  # those of the tests' process are not over yet
        patch.dict(os.environ, variables),
    ):
        try:
            runpy.run_path(str(ROOT / program), run_name="__main__")
            status = 0
        except (Left, SystemExit) as exit:
            status = exit.args[0]
    for stream in (out, err):
        stream.flush()
    return Ended(status, (out.buffer.getvalue() + err.buffer.getvalue()).decode())


@few
@given(st.sampled_from(["main.py", "worker.py", "codec.py"]), command_lines)
@example("main.py", [GIVEN_SSN, GIVEN_SSN])
@example("main.py", ["\udcff", "\udcfe"])
@example("worker.py", [GIVEN_SSN])
@example("codec.py", [GIVEN_SSN])
def test_any_command_line(program: str, arguments: list[str]) -> None:
    """Whatever the arguments, a program that finds no service exits 2, or 0 after its help."""
    end = ended(program, arguments, TEMPORAL_ADDRESS=NOWHERE)
    helped = {"-h", "new-key"} & set(arguments) or any(a.startswith("-h") for a in arguments)
    assert end.status == 2 or (end.status == 0 and helped), end
    assert "Traceback" not in end.said
    assert GIVEN_SSN not in end.said


def test_no_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the working directory has gone, a program says so and what to do."""
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    assert status_of(lambda: 0) == 2
    assert (
        capsys.readouterr().err == "The working directory has gone. Go to one that is there: cd\n"
    )


def test_hostile_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A name or an answer from outside moves no cursor and gives a build service no command."""

    def hostile() -> int:
        raise Mistake("history\x1b[2J\n::error::theirs")

    assert status_of(hostile) == 2
    assert capsys.readouterr().err == "history\\x1b[2J ::error::theirs\n"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["worker.py", "--help"], id="help"),
        pytest.param([*GATE, "a\nb"], id="path-of-two-lines"),
        pytest.param([*GATE, ""], id="path-empty"),
        pytest.param([*GATE, "x" * 5000], id="path-too-long"),
        pytest.param([*GATE, "--timeout", "1e308"], id="for-ever"),
        pytest.param([*GATE, "--jobs", "9" * 23, "absent"], id="many-jobs"),
    ],
)
async def test_odd_arguments(project: Project, arguments: list[str]) -> None:
    """A process with arguments as odd as the system lets pass has a status, no traceback."""
    program = await project.run(*arguments, TEMPORAL_ADDRESS=NOWHERE)
    assert program.process.returncode == (0 if "--help" in arguments else 2), program
    assert "Traceback" not in program.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["main.py", "--workflow-id", "\udcff"], id="id"),
        pytest.param([*GATE, "\udcff"], id="path"),
        pytest.param([*GATE, "--query", "\udcff"], id="query"),
    ],
)
async def test_arguments_no_utf_8(project: Project, arguments: list[str]) -> None:
    """What no terminal can show does not end a program either that may print nothing else."""
    program = await project.run(*arguments, TEMPORAL_ADDRESS=NOWHERE, **STRICT)
    assert program.process.returncode == 2, program
    assert "Traceback" not in program.err


async def test_a_query_no_utf_8(project: Project, dev_server: WorkflowEnvironment) -> None:
    """A query that can't be sent gets one line, not a traceback from the process that sends it."""
    project.serve_at(dev_server.client.service_client.config.target_host)
    program = await project.run(*GATE, "--query", "\udcff")
    assert program.process.returncode == 2
    assert program.out.startswith("The query can't be sent: ")
    assert (program.out.count("\n"), program.err) == (2, "")  # and the summary


@few
@given(workflow_id=anything | ssns | words)
@example("")
@example("x" * 1001)
@example("\udcff")
def test_any_workflow_id(dev_server: WorkflowEnvironment, workflow_id: str) -> None:
    """Whatever the Workflow Id, the starter starts an Execution under it, or exits 2."""
    address = dev_server.client.service_client.config.target_host
    end = ended("main.py", ["--detach", f"--workflow-id={workflow_id}"], TEMPORAL_ADDRESS=address)
    assert end.status in (0, 2), end
    assert "Traceback" not in end.said
    assert GIVEN_SSN not in end.said
    if end.status == 0:
        assert f"Workflow Execution {workflow_id}" in end.said


PREFIX = "TEMPORAL_"
SECRETS = [f"{PREFIX}API_KEY", f"{PREFIX}TLS_CLIENT_KEY_DATA", VARIABLE]
names = st.sampled_from(
    [
        *("ADDRESS", "NAMESPACE", "PROFILE", "CONFIG_FILE", "GRPC_META_A", "TLS"),
        *("TLS_SERVER_CA_CERT_DATA", "TLS_SERVER_NAME", "TLS_DISABLE_HOST_VERIFICATION"),
        *("TLS_CLIENT_CERT_PATH", "TLS_CLIENT_CERT_DATA", "TLS_CLIENT_KEY_PATH"),
    ]
).map(PREFIX.__add__) | st.sampled_from([*SECRETS, "export", "'=a'", "${TEMPORAL_ADDRESS}"])
values = st.sampled_from(
    [
        *("true", "-1", "127.0.0.1:1", "localhost:99999", "[::1]:1", "::1", ":", "/", ".", ""),
        *("#", "'", '"\\', '"\\x00"', '"\\ud800"', "${A", "${A}", TEST_KEY),
    ]
)
secrets = st.sampled_from([SECRET, f"'{SECRET}\n{SECRET}'", f"'{SECRET}", f"{TEST_KEY},{SECRET}"])
signs = st.sampled_from(["=", " = ", ""])
lines = st.builds("{}{}{}".format, names, signs, values)
secret_lines = st.builds("{}{}{}".format, st.sampled_from(SECRETS), signs, secrets)
env_files = st.lists(
    lines.map(str.encode) | secret_lines.map(str.encode) | st.binary(max_size=20), max_size=6
).map(b"\n".join)


def mistake_of(use: Callable[[], object], home: Path, **variables: str) -> str:
    """What a person is told who has got the environment wrong, if anything."""
    with nothing_configured(home, **variables):
        try:
            use()
        except Mistake as mistake:
            return str(mistake)
    return ""


@few
@given(content=env_files)
@example(b"A=\0")
@example(b"'=A'=b")
@example(b'A="\\ud800"')
@example(b"TEMPORAL_ADDRESS='a\nb'")
def test_any_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Whatever .env holds, it is used or a Mistake of one line, which quotes no key."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(content)
    env_file.chmod(0o600)
    monkeypatch.setattr(environment, "ENV_FILE", env_file)
    mistakes = [
        mistake_of(local_settings, tmp_path),
        mistake_of(data_converter, tmp_path),
        mistake_of(lambda: asyncio.run(connect()), tmp_path, TEMPORAL_ADDRESS=NOWHERE),
    ]
    assert mistakes[-1]
    for mistake in mistakes:
        assert len(mistake.splitlines()) <= 1
        assert SECRET not in mistake
