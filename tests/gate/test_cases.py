"""Projects and histories that people really have: what the gate answers there.

Each folder of ``cases/`` holds a Worker, histories, and ``case.toml``: which of the gate's laws
this is about, and for each run of it the arguments and the answer.
"""

import json
import re
import shutil
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import GATE, clean_environment, compiled
from tests.support.zygote import called

CASES = Path(__file__).with_name("cases")
NAMES = sorted(file.parent.name for file in CASES.glob("*/case.toml"))
NOT_THEIRS = shutil.ignore_patterns("case.toml", "__pycache__")

Run = dict[str, Any]
Answer = tuple[int, str, str]  # status, stdout, stderr


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder from which the gate can be imported, and none of our modules beside it."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "replaygate").symlink_to(compiled() / "replaygate", target_is_directory=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
async def test_the_gate_answers(name: str, tmp_path: Path, package: Path) -> None:
    """The gate ends with the status, the words and the files that the case asks for."""
    case = tomllib.loads((CASES / name / "case.toml").read_text(encoding="utf-8"))
    for number, run in enumerate(case["run"]):
        home = tmp_path / str(number) / name
        shutil.copytree(CASES / name, home, ignore=NOT_THEIRS)
        for link, target in case.get("links", {}).items():
            (home / link).symlink_to(target)
        answer = await answered(home, run, package)
        hold(answer, run)
        if made := run.get("makes"):
            hold_file(home / made)


async def answered(home: Path, run: Run, package: Path) -> Answer:
    """Call the gate in a copy of the project."""
    target = run.get("target", "worker:worker")
    worker = ["--worker", target] if target else []
    environment = clean_environment(home) | {"PYTHONPATH": str(package), "COLUMNS": "200"}
    environment.pop("FORCE_COLOR", None)
    stdin = (home / run["stdin"]).read_bytes() if "stdin" in run else b""
    arguments = [*GATE, *worker, *run["arguments"]]
    return await called(arguments, home, environment | run.get("environment", {}), stdin)


def hold(answer: Answer, run: Run) -> None:
    """Hold what the gate says against what it must and must never say."""
    status, out, err = answer
    said = out + err
    assert status == run["exit"], said
    for pattern in run.get("says", ()):
        assert re.search(pattern, said), f"it does not say {pattern!r}: {said}"
    for pattern in run.get("never", ()):
        assert not re.search(pattern, said), f"it says {pattern!r}: {said}"
    if run.get("json"):
        json.loads(out)


def hold_file(file: Path) -> None:
    """Make sure that a file was written, and that XML is well-formed."""
    assert file.stat().st_size
    if file.suffix == ".xml":
        ET.parse(file)
