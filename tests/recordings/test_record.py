"""A damaged set of recordings is red, and the recorder makes what is missing and nothing else."""

import re
import shutil
from pathlib import Path

import pytest

from tests.recordings.scenarios import RECORDINGS
from tests.support import zygote
from tests.support.foreign import ABSENT
from tests.support.programs import ROOT, clean_environment, copy_programs

SUITE = "tests/recordings/test_histories.py"
Ended = tuple[int, str, str]  # the status, and what was printed


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that a test may damage."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "histories", copy / "histories")
    for folder in ("recordings", "support"):
        shutil.copytree(ROOT / "tests" / folder, copy / "tests" / folder)  # with what is compiled
    for file in (ROOT / "tests").glob("*.py"):
        shutil.copy2(file, copy / "tests")
    copy_programs(copy)
    return copy


async def run(copy: Path, *arguments: str) -> Ended:
    """Run a module of the copy, as a person would."""
    return await zygote.called(["-m", *arguments], copy, clean_environment(copy))


async def run_suite(copy: Path, traceback: str = "short") -> tuple[int, str, list[str]]:
    """Run the tests of the recordings in a copy; return the status, the output and what failed."""
    options = ("-q", f"--tb={traceback}", "--color=no", "-p", "no:cacheprovider", *ABSENT)
    status, out, _ = await run(copy, "pytest", *options, SUITE)
    return status, out, re.findall(rf"(?m)^FAILED {re.escape(SUITE)}::(\S+)", out)


async def test_damage_is_red(copy: Path) -> None:
    """The suite names what has no file, what nobody declares, and what has another's name."""
    histories = copy / "histories"
    (histories / "timer.python-1.35.0.json").unlink()
    shutil.copy(histories / "draw-49.python-1.35.0.json", histories / "mine.python-1.35.0.json")
    shutil.copy(histories / "no-timer.python-1.26.0.json", histories / "timer.python-1.26.0.json")
    status, out, failed = await run_suite(copy)
    assert status == 1
    for side, name in (("left", "mine"), ("right", "timer")):
        extra = rf"Extra items in the {side} set:\nE +\w+\('\S+/{name}.python-1.35.0.json'\)\n"
        assert re.search(extra, out), out
    tests = ("outcome", "draw", "made_by", "tells_nothing", "replays")
    assert sorted(failed) == sorted(
        [
            "test_declared_and_recorded_are_the_same",
            *(f"test_{test}[timer.python-1.35.0]" for test in tests),
            *(f"test_{test}[timer.python-1.26.0]" for test in ("outcome", "draw")),  # it replays
        ]
    )


async def test_empty_folder_is_red(copy: Path) -> None:
    """A suite without recordings fails each of its tests of a recording."""
    shutil.rmtree(copy / "histories")
    (copy / "histories").mkdir()
    status, _, failed = await run_suite(copy, "no")  # a hundred would take three seconds
    assert status == 1
    replaying = [name for name, recording in RECORDINGS.items() if recording.scenario.replays]
    assert [test for test in failed if test.startswith("test_replays")] == [
        f"test_replays[{name}]" for name in replaying
    ]


async def test_recorder_overwrites_nothing(copy: Path) -> None:
    """With nothing missing, the recorder says what exists and leaves every byte as it was."""
    before = {path: path.read_bytes() for path in copy.rglob("*.json")}
    status, out, err = await run(copy, "tests.recordings.record")
    assert (status, err) == (0, "")
    assert out.splitlines() == [f"Exists: {name}" for name in RECORDINGS]
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
async def test_recorder_refuses(copy: Path, name: str, line: str) -> None:
    """To ask for a recording that exists, or for an unknown one, is a mistake: one line, 2."""
    assert await run(copy, "tests.recordings.record", name) == (2, "", f"{line}\n")


async def test_recorder_makes_what_is_missing(copy: Path) -> None:
    """What the recorder makes passes the tests that the committed files passed.

    With those the copy is green, so what makes a damaged one red is the damage.
    """
    missing = ("timer.python-1.35.0", "started-by-cli.python-1.35.0")
    paths = [copy / "histories" / f"{name}.json" for name in missing]
    committed = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    status, out, err = await run(copy, "tests.recordings.record")
    assert (status, err) == (0, "")
    assert {f"Made: {name}" for name in missing} <= {*out.splitlines()}
    for path, before in zip(paths, committed, strict=True):
        assert path.read_bytes() != before
    status, out, _ = await run_suite(copy)
    assert status == 0, out


async def test_recorder_writes_only_what_is_declared(copy: Path) -> None:
    """An Execution that came out otherwise than its scenario says is not written."""
    scenarios = copy / "tests" / "recordings" / "scenarios.py"
    text = scenarios.read_text()
    scenarios.write_text(text.replace('"open-in-timer", OPEN_IN_TIMER', '"open-in-timer", SLEPT'))
    path = copy / "histories" / "open-in-timer.python-1.35.0.json"
    path.unlink()
    status, out, err = await run(copy, "tests.recordings.record", path.name)
    assert (status, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith("open-in-timer.python-1.35.0 came out as Outcome(status=None")
    assert not path.exists()
