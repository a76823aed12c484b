"""A small project of somebody else, with histories and tests of its own, on which pytest runs."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from replaygate.config import Config
from tests.recordings.scenarios import HISTORIES
from tests.support import zygote
from tests.support.programs import ROOT

TIMER, OTHER = "timer.python-1.35.0.json", "no-timer.python-1.35.0.json"
BAD = "before-sleep-draw-42.python-1.35.0.json"
PLUGIN = ("-p", "replaygate.pytest_plugin")
ABSENT = ("-p", "no:randomly", "-p", "no:hypothesispytest")  # slow to import
RESOLVED = "resolved"  # the file with a line for each process that has imported the Worker
WORKER = f"""
import os
from backgroundcheck import BackgroundCheck

with open({RESOLVED!r}, "a") as file:
    print(os.getpid(), file=file)

WORKFLOWS = [BackgroundCheck]
"""
GATE = """
[tool.replaygate]
worker = "serves:WORKFLOWS"
histories = ["histories"]
exclude = ["excluded"]
"""
PYTEST = """
[tool.pytest]
strict = true
testpaths = ["tests"]
filterwarnings = ["error"]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
"""
ASKED = 'replaygate_histories = ["histories"]\n'


class Foreign:
    """The project, and how to run pytest in it."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.path = pytester.path
        library = self.path / "library"  # nothing but the gate can be imported from here
        library.mkdir()
        (library / "replaygate").symlink_to(ROOT / "replaygate")
        monkeypatch.setenv("PYTHONPATH", str(library))
        monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
        self.write("serves.py", WORKER)
        self.write("pyproject.toml", GATE + PYTEST + ASKED)
        self.write("tests/test_own.py", "def test_own(): pass\n")
        for name in ("backgroundcheck.py", "ssntraceactivity.py"):
            shutil.copy(ROOT / name, self.path)
        self.put(TIMER, "timer.json")

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def put(self, recording: str, name: str, folder: str = "histories") -> None:
        """Put one of our recordings there."""
        self.write(f"{folder}/{name}", next(HISTORIES.rglob(recording)).read_text(encoding="utf-8"))

    def fresh_pytest(self, *arguments: str) -> pytest.RunResult:
        """Run pytest with the plugin in a process that has imported nothing before."""
        return self.pytester.runpytest_subprocess(*PLUGIN, *ABSENT, *arguments)

    def pytest(self, *arguments: str) -> pytest.RunResult:
        """Run it in a fork of one that has imported the SDK."""
        command = ["-m", "pytest", *PLUGIN, *ABSENT, *arguments]
        ours = {name: os.environ[name] for name in os.environ if not zygote.configures(name)}
        ours["PYTHONPATH"] = os.environ["PYTHONPATH"]
        status, out, err = asyncio.run(zygote.called(command, self.path, ours))
        return pytest.RunResult(status, out.splitlines(), err.splitlines(), 0.0)

    def collected(self, *arguments: str) -> list[str]:
        """Return the ids of what it would run; no replay begins, so no process is needed."""
        options = (*PLUGIN, *ABSENT, "--collect-only", "-q")
        listed = self.pytester.runpytest_inprocess(*options, *arguments).outlines
        return [line for line in listed if "::" in line]

    def configured(self, *arguments: str) -> list[Config]:
        """Return what pytest has read of its configuration, one for each replay it would run."""
        scope = ("-o", "asyncio_default_fixture_loop_scope=function")
        items, _ = self.pytester.inline_genitems(*PLUGIN, *ABSENT, *scope, *arguments)
        return [item.judging.config for item in items if hasattr(item, "judging")]

    def resolved(self) -> int:
        """Return how many processes have imported the Worker."""
        return len((self.path / RESOLVED).read_text().splitlines())
