"""Projects and histories that people really have: what the gate answers there.

Each folder of ``cases/`` holds a Worker, histories, and ``case.toml``: which of the gate's laws
this is about, and for each run of it the arguments and the answer.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import GATE, ROOT, clean_environment

CASES = Path(__file__).with_name("cases")
NAMES = sorted(file.parent.name for file in CASES.glob("*/case.toml"))
NOT_THEIRS = shutil.ignore_patterns("case.toml", "__pycache__")

Run = dict[str, Any]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder from which the gate can be imported, and none of our modules beside it."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "replaygate").symlink_to(ROOT / "replaygate", target_is_directory=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_gate_answers(name: str, tmp_path: Path, package: Path) -> None:
    """The gate ends with the status, the words and the files that the case asks for."""
    case = tomllib.loads((CASES / name / "case.toml").read_text(encoding="utf-8"))
    for number, run in enumerate(case["run"]):
        home = tmp_path / str(number) / name
        shutil.copytree(CASES / name, home, ignore=NOT_THEIRS)
        for link, target in case.get("links", {}).items():
            (home / link).symlink_to(target)
        answer = called(home, run, package)
        hold(answer, run)
        if made := run.get("makes"):
            hold_file(home / made)


def called(home: Path, run: Run, package: Path) -> subprocess.CompletedProcess[str]:
    """Call the gate in a copy of the project."""
    target = run.get("target", "worker:worker")
    worker = ["--worker", target] if target else []
    environment = clean_environment(home) | {"PYTHONPATH": str(package), "COLUMNS": "200"}
    environment.pop("FORCE_COLOR", None)
    return subprocess.run(
        [sys.executable, *GATE, *worker, *run["arguments"]],
        cwd=home,
        env=environment | run.get("environment", {}),
        input=(home / run["stdin"]).read_text(encoding="utf-8") if "stdin" in run else "",
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=90,
        check=False,
    )


def hold(answer: subprocess.CompletedProcess[str], run: Run) -> None:
    """Hold what the gate says against what it must and must never say."""
    said = answer.stdout + answer.stderr
    assert answer.returncode == run["exit"], said
    for pattern in run.get("says", ()):
        assert re.search(pattern, said), f"it does not say {pattern!r}: {said}"
    for pattern in run.get("never", ()):
        assert not re.search(pattern, said), f"it says {pattern!r}: {said}"
    if run.get("json"):
        json.loads(answer.stdout)


def hold_file(file: Path) -> None:
    """Make sure that a file was written, and that XML is well-formed."""
    assert file.stat().st_size
    if file.suffix == ".xml":
        ET.parse(file)
