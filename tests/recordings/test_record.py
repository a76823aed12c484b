"""A damaged set of recordings is red, and the recorder makes what is missing and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recordings.scenarios import RECORDINGS
from tests.support.foreign import ABSENT
from tests.support.programs import ROOT, copy_programs

SUITE = "tests/recordings/test_histories.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that a test may damage."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "histories", copy / "histories")
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    copy_programs(copy)
    return copy


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the copy, as a person would."""
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run_suite(copy: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of the recordings in a copy."""
    options = ("-q", "--tb=line", "--color=no", "-p", "no:cacheprovider", *ABSENT)
    return run(copy, "pytest", *options, SUITE)


def test_damage_is_red(copy: Path) -> None:
    """A file that is missing, undeclared, or under another one's name fails the suite by name.

    The last replays all the same. What is undamaged is green, here and where a recording was made.
    """
    histories = copy / "histories"
    (histories / "draw-49.python-1.35.0.json").unlink()
    shutil.copy(histories / "timer.python-1.35.0.json", histories / "mine.python-1.35.0.json")
    shutil.copy(histories / "no-timer.python-1.35.0.json", histories / "timer.python-1.35.0.json")
    suite = run_suite(copy)
    assert suite.returncode == 1
    failed = set(re.findall(rf"^FAILED {SUITE}::(\S+)", suite.stdout, re.MULTILINE))
    assert {
        "test_declared_and_recorded_are_the_same",
        "test_replays[draw-49.python-1.35.0]",
    } < failed
    assert "mine.python-1.35.0.json" in suite.stdout
    of_one = {test.partition("[")[0] for test in failed if "[timer.python-1.35.0]" in test}
    assert of_one == {"test_outcome", "test_draw"}
    of_another = {
        test for test in failed if "timer.python-1.35" not in test and "draw-49" not in test
    }
    assert of_another == {"test_declared_and_recorded_are_the_same"}


def test_empty_folder_is_red(copy: Path) -> None:
    """A suite without recordings fails each of its tests of a recording."""
    shutil.rmtree(copy / "histories")
    (copy / "histories").mkdir()
    suite = run_suite(copy)
    assert suite.returncode == 1
    replaying = [name for name, recording in RECORDINGS.items() if recording.scenario.replays]
    assert suite.stdout.count(f"FAILED {SUITE}::test_replays") == len(replaying)


def test_recorder_overwrites_nothing(copy: Path) -> None:
    """With nothing missing, the recorder says what exists and leaves every byte as it was."""
    before = {path: path.read_bytes() for path in copy.rglob("*.json")}
    recorder = run(copy, "tests.recordings.record")
    assert (recorder.returncode, recorder.stderr) == (0, "")
    assert recorder.stdout.splitlines() == [f"Exists: {name}" for name in RECORDINGS]
    assert {path: path.read_bytes() for path in copy.rglob("*.json")} == before


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("timer.python-1.35.0", "timer.python-1.35.0 exists, and a recording is never made anew."),
        (
            "histories/timer.python-1.35.0.json",
            "timer.python-1.35.0 exists, and a recording is never made anew.",
        ),
        ("timer", "tests/recordings/scenarios.py declares no recording timer."),
    ],
    ids=["existing", "path", "unknown"],
)
def test_recorder_refuses(copy: Path, name: str, line: str) -> None:
    """To ask for a recording that exists, or for an unknown one, is a mistake: one line, 2."""
    recorder = run(copy, "tests.recordings.record", name)
    assert (recorder.returncode, recorder.stdout, recorder.stderr) == (2, "", f"{line}\n")


@pytest.mark.parametrize("name", ["timer", "started-by-cli"])
def test_recorder_makes_what_is_missing(copy: Path, name: str) -> None:
    """What the recorder makes passes the tests that the committed file passed."""
    path = copy / "histories" / f"{name}.python-1.35.0.json"
    committed = path.read_bytes()
    path.unlink()
    recorder = run(copy, "tests.recordings.record")
    assert (recorder.returncode, recorder.stderr) == (0, "")
    assert f"Made: {name}.python-1.35.0" in recorder.stdout.splitlines()
    assert path.read_bytes() != committed
    assert run_suite(copy).returncode == 0


def test_recorder_writes_only_what_is_declared(copy: Path) -> None:
    """An Execution that came out otherwise than its scenario says is not written."""
    scenarios = copy / "tests" / "recordings" / "scenarios.py"
    text = scenarios.read_text()
    scenarios.write_text(text.replace('"open-in-timer", OPEN_IN_TIMER', '"open-in-timer", SLEPT'))
    path = copy / "histories" / "open-in-timer.python-1.35.0.json"
    path.unlink()
    recorder = run(copy, "tests.recordings.record", path.name)
    assert (recorder.returncode, recorder.stdout) == (1, "")
    (line,) = recorder.stderr.splitlines()
    assert line.startswith("open-in-timer.python-1.35.0 came out as Outcome(status=None")
    assert not path.exists()
