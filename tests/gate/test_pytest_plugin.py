"""pytest collects Event Histories where its configuration says so, and says what does not fit."""

import re
import shutil

import pytest

from tests.support.foreign import ASKED, BAD, GATE, OTHER, PYTEST, TIMER, Foreign

pytest_plugins = ["pytester"]

OWN, REPLAY = "tests/test_own.py::test_own", "histories/timer.json::replay"
HEAVY = """
import sys
def pytest_unconfigure():
    assert not {name for name in sys.modules if name.split(".")[0] == "temporalio"}
    assert {name for name in sys.modules if name.startswith("replaygate.")} == {
        "replaygate.pytest_plugin"
    }
"""


@pytest.fixture
def foreign(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Foreign:
    return Foreign(pytester, monkeypatch)


@pytest.mark.parametrize("gate", ["", GATE], ids=["nothing", "the command"])
def test_inert(foreign: Foreign, gate: str) -> None:
    """Until pytest's own configuration asks for it, the plugin collects and imports nothing."""
    foreign.write("pyproject.toml", gate + PYTEST)
    foreign.write("conftest.py", HEAVY)
    found = foreign.fresh_pytest(".")
    found.assert_outcomes(passed=1)
    assert found.ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\nreplaygate_histories = histories\n"),
        ("tox.ini", "[pytest]\nreplaygate_histories =\n    histories\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nreplaygate_histories = "histories"\n'),
        ("pyproject.toml", f"[tool.pytest]\n{ASKED}"),
    ],
    ids=["pytest.ini", "tox.ini", "ini_options", "toml"],
)
def test_configuration(foreign: Foreign, file: str, text: str) -> None:
    """Any of pytest's files may name the folders, and the Worker."""
    worker = "replaygate_worker = {0}serves:WORKFLOWS{0}\n"
    foreign.write("pyproject.toml", "")
    foreign.write(file, text + worker.format("" if file.endswith(".ini") else '"'))
    (found,) = foreign.configured(REPLAY)
    assert (found.worker, found.folder) == ("serves:WORKFLOWS", foreign.path)


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ([], [OWN, REPLAY]),
        (["."], [REPLAY, OWN]),
        (["histories"], [REPLAY]),
        (["histories/timer.json"], [REPLAY]),
        ([REPLAY], [REPLAY]),
        (["tests"], [OWN]),
        (["histories/excluded"], ["histories/excluded/bad.json::replay"]),
        (["histories/excluded/bad.json"], ["histories/excluded/bad.json::replay"]),
        (["-k", "timer"], [REPLAY]),
        (["--deselect", REPLAY], [OWN]),
        (["--ignore", "histories"], [OWN]),
        (["-p", "no:cacheprovider", "--rootdir", ".", "-k", "replay"], [REPLAY]),
    ],
    ids=lambda value: " ".join(value) or "plain",
)
def test_selection(foreign: Foreign, arguments: list[str], ids: list[str]) -> None:
    """A plain run collects the histories; else they are selected like any test."""
    foreign.put(BAD, "bad.json", "histories/excluded")
    assert foreign.collected(*arguments) == ids


def test_from_a_folder_below(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders count from the file that names them; run elsewhere, pytest collects what is there."""
    monkeypatch.chdir(foreign.path / "tests")
    assert foreign.collected() == [OWN]
    assert foreign.collected("../histories") == [REPLAY]


def test_failures(foreign: Foreign) -> None:
    """What is incompatible or not verified fails with its diagnosis, without a traceback.

    A file that holds several histories is one item, and its failure names those that fail.
    Histories in hidden folders count, too, and what is passed over is said.
    """
    foreign.put(BAD, "bad.json")
    foreign.write("histories/cut.json", '{"events": [')
    one, bad = (foreign.path / "histories" / name for name in ("timer.json", "bad.json"))
    histories = ", ".join(f'{{"history": {file.read_text()}}}' for file in (one, bad, one, bad))
    foreign.write("histories/export.json", f'{{"items": [{histories}]}}')
    foreign.put(OTHER, "b.json", "histories/.build")
    foreign.write("histories/notes.md", "")
    found = foreign.pytest("-v")
    found.assert_outcomes(passed=3, failed=3)
    found.stdout.fnmatch_lines(["histories/.build/b.json::replay PASSED*", "*no history: 1 .md"])
    found.stdout.fnmatch_lines(
        [
            "*_ replay of histories/bad.json _*",
            "histories/bad.json: BackgroundCheck is incompatible with this Event History.",
            "  The code           gave StartTimer 60s",
            "histories/cut.json: not verified.",
            "  Reason             it is not JSON, or was cut off: *",
            "FAILED histories/bad.json::replay*",
        ]
    )
    found.stdout.fnmatch_lines(["histories/export.json[#]2 and 1 more: *", "*export.json[#]4"])
    assert not re.search(r"\.py:\d+: |Traceback", found.stdout.str())


@pytest.mark.parametrize("kind", ["empty folder", "broken link", "no such folder"])
def test_no_histories(foreign: Foreign, kind: str) -> None:
    """Where the configuration names histories that aren't there, the run fails."""
    shutil.rmtree(foreign.path / "histories")
    if kind != "no such folder":
        (foreign.path / "histories").mkdir()
    if kind == "broken link":
        (foreign.path / "histories" / "timer.json").symlink_to("nowhere")
    found = foreign.pytest()
    assert found.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR)
    said = f"{found.stdout}{found.stderr}"
    assert re.search(r"histories(: not verified|/timer.json: not verified)|not found: .*ies", said)


def test_which_worker(foreign: Foreign) -> None:
    """Histories without a Worker are a mistake in the configuration, and it says what to set."""
    foreign.write("pyproject.toml", PYTEST + ASKED)
    found = foreign.pytest()
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*which Worker?*replaygate_worker = *"])
    foreign.write("pyproject.toml", f'{PYTEST}{ASKED}replaygate_worker = "serves:WORKFLOWS"\n')
    foreign.pytest(REPLAY).assert_outcomes(passed=1)


def test_a_fault_is_told_once(foreign: Foreign) -> None:
    """A Worker that can't be imported is one failure in one line, and the other items skip."""
    foreign.write("serves.py", "import absent\n")
    foreign.put(TIMER, "2.json")
    foreign.put(TIMER, "3.json")
    found = foreign.pytest("-rs")
    found.assert_outcomes(passed=1, failed=1, skipped=2)
    found.stdout.re_match_lines([r"serves:WORKFLOWS failed .*'absent' \(serves.py:1\)$"])
    found.stdout.fnmatch_lines(["SKIPPED [[]2] *not replayed: serves:WORKFLOWS failed*"])
