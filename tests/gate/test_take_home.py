"""The README's chapter 'Take it home', done: the gate moves into a project with another Worker.

That one has signals, a query, an update, a child, a Local Activity, pydantic models, an
interceptor that gives Commands, and it continues as new. Nothing of it was made for a gate.
"""

import asyncio
import json
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.support.installed import link, pip, required_by, wheel
from tests.support.programs import ROOT, clean_environment

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHAPTER = README.partition("## Take it home")[2].partition("\n## ")[0]
SETTINGS = re.search(r"```toml\n(.*?)```", CHAPTER, re.DOTALL)
OF_THE_PROJECT = ("pydantic", "pytest", "pytest-asyncio", "temporalio")


class Home:
    """The other project, and the environment in which the gate is installed."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        self.environment = clean_environment(folder)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of that environment in the project."""
        return subprocess.run(
            [str(self.python.with_name(command[0])), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The other project after the chapter's first two steps: install, three lines."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "tests" / "gate" / "home", folder, dirs_exist_ok=True)
    venv.create(folder.with_name("environment"), symlinks=True)
    home = Home(folder, folder.with_name("environment") / "bin" / "python")
    assert "pip install" in CHAPTER
    gate = wheel(tmp_path_factory)
    (packages,) = folder.with_name("environment").glob("lib/*/site-packages")
    link([*OF_THE_PROJECT, *required_by(gate)], packages)
    pip("--python", str(home.python), "install", *OF_THE_PROJECT, str(gate))
    assert SETTINGS
    (folder / "pyproject.toml").write_text(SETTINGS[1])
    return home


@pytest.fixture(scope="module")
async def home(installed: Home, dev_server: WorkflowEnvironment) -> Home:
    """The other project after the chapter's third step: its tests have kept their histories."""
    address = dev_server.client.service_client.config.target_host
    installed.environment |= {"TEMPORAL_ADDRESS": address}
    worker = await asyncio.create_subprocess_exec(
        str(installed.python), "worker.py", cwd=installed.folder, env=installed.environment
    )
    command = ("python", "-m", "pytest", "test_order.py", "-p", "no:cacheprovider")
    kept = await asyncio.to_thread(installed.run, *command, "--keep-histories", "histories")
    worker.kill()
    await worker.wait()
    assert kept.returncode == 0, kept.stdout + kept.stderr
    (installed.folder / "test_order.py").unlink()  # it needs that server
    del installed.environment["TEMPORAL_ADDRESS"]
    return installed


def test_the_gate_is_green_there(home: Home) -> None:
    """Without a change to the project's own code, its histories replay, the command's way."""
    gate = home.run("replaygate", "check", "--strict")
    assert (gate.returncode, gate.stderr) == (0, "")
    assert gate.stdout.startswith("2 replay, 0 incompatible, 0 not verified")


def test_pytest_is_green_there(home: Home) -> None:
    """Its histories are tests, too, and need neither a server nor a line of test code."""
    suite = home.run("python", "-m", "pytest", "-v", "-p", "no:cacheprovider")
    assert suite.returncode == 0, suite.stdout
    assert re.findall(r"(\S+::replay) PASSED", suite.stdout) == [
        "histories/test_order-2.json::replay",
        "histories/test_order.json::replay",
    ]


@pytest.mark.parametrize(
    ("old", "new", "event", "did", "line"),
    [
        (
            "execute_local_activity",
            "execute_activity",
            "MarkerRecorded Local Activity price_of",
            "gave ScheduleActivityTask price_of",
            "price = await workflow.execute_activity(",
        ),
        (
            "await workflow.execute_activity(charge",
            "await asyncio.sleep(1)\n        await workflow.execute_activity(charge",
            "ActivityTaskScheduled charge",
            "gave StartTimer 1s",
            "await asyncio.sleep(1)",
        ),
        (
            "await workflow.execute_activity(audit, kind, start_to_close_timeout=SOON)",
            "pass",
            "ActivityTaskScheduled audit",
            "gave no Command",
            "await workflow.wait_condition(lambda: self.closed)",
        ),
        (
            "self.closed = True",
            "pass",
            "MarkerRecorded Local Activity price_of",
            "gave no Command",
            "await workflow.wait_condition(lambda: self.closed)",
        ),
        (
            "orders > 1",
            "False",
            "WorkflowExecutionContinuedAsNew Order",
            "gave CompleteWorkflowExecution",
            "if False:",
        ),
    ],
    ids=["local-activity", "timer", "interceptor", "update", "next"],
)
def test_a_break_is_diagnosed_there(
    home: Home, tmp_path: Path, old: str, new: str, event: str, did: str, line: str
) -> None:
    """The gate names the Event, what the code did in its place, and the line where it stood."""
    changed = Home(tmp_path / "home", home.python)
    shutil.copytree(home.folder, changed.folder)
    shop = changed.folder / "shop.py"
    text, count = re.subn(re.escape(old), lambda _: new, shop.read_text())
    assert count == 1
    shop.write_text(text)
    gate = changed.run("replaygate", "check", "--json", "histories/test_order.json")
    assert gate.returncode == 1, gate.stdout + gate.stderr
    (verdict,) = json.loads(gate.stdout)["histories"]
    told = verdict["diagnosis"]
    assert (told["event"], told["did"]) == (event, did)
    lines = [one.strip() for one in text.splitlines()]
    stood_at = [(frame["file"], frame["source"]) for frame in told["stood_at"][-1:]]
    assert stood_at == [("shop.py", line)]
    assert line in lines
