"""The command as a person runs it: what it says on which stream, and its exit status."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from replaygate.cli.command import main
from replaygate.cli.options import seconds
from tests.recordings.scenarios import HISTORIES
from tests.support.damaged import REFUSED, UNREPLAYABLE
from tests.support.gate import BAD, GOOD, counts, failures, put
from tests.support.programs import GATE, SUMMARY, Project, status

ON_A_TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""
ELSEWHERE = """
import os, sys
sys.path.insert(0, os.getcwd())
os.chdir(os.sep)
from replaygate.cli.command import run
run()
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="terminals as in POSIX")


async def test_it_replays_our_recordings(gate: Project) -> None:
    """Without a path it replays what pyproject.toml names, and leaves out what that excludes.

    If all replay, one summary line is all it says, and its exit status is 0.
    """
    found = await gate.run(*GATE)
    assert (status(found), found.err) == (0, "")
    assert re.fullmatch(SUMMARY, found.out)
    assert counts(found) == (len([*HISTORIES.glob("*.json")]), 0, 0)


async def test_it_replays_from_another_folder(gate: Project) -> None:
    """From another current folder --app-dir finds the same Worker and the same recordings."""
    found = await gate.run("-c", ELSEWHERE, "check", "--app-dir", str(gate.directory))
    assert status(found) == 0
    assert counts(found) == (len([*HISTORIES.glob("*.json")]), 0, 0)


async def test_the_incompatible_are_replayed_if_named(gate: Project) -> None:
    """Recordings in an excluded folder fail when it is named, all but the lucky one."""
    found = await gate.run(*GATE, "--json", "histories", "histories/incompatible")
    assert status(found) == 1
    document = json.loads(found.out)
    assert (document["incompatible"], document["unverified"]) == (2, 0)
    assert document["passed_over"] == "1 file is no history: 1 .md"
    failed = {Path(v["name"]).name for v in document["histories"] if v["outcome"] != "replays"}
    assert {name.split(".")[0] for name in failed} == {
        "before-sleep-draw-7",
        "before-sleep-draw-42",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([GOOD], 0, id="good"),
        pytest.param([GOOD, BAD], 1, id="incompatible"),
        pytest.param([GOOD, b"{}"], 2, id="no-history"),
        pytest.param([GOOD, BAD, b"{}"], 1, id="incompatible-and-no-history"),
    ],
)
async def test_the_exit_status(gate: Project, given: list[str | bytes], expected: int) -> None:
    """The exit status is 1 if any history is incompatible, 2 if one is only not verified."""
    put(gate, *given)
    assert status(await gate.run(*GATE, "given")) == expected


async def test_a_failure_has_one_line(gate: Project) -> None:
    """On stdout each failure has one line before the summary; the diagnosis is on stderr."""
    bad, nothing = put(gate, b"{}", BAD)[::-1]
    found = await gate.run(*GATE, "given")
    assert failures(found) == {
        nothing: 'it has no list of "events"',
        bad: "Event 5 is ActivityTaskScheduled ssn_trace_activity, "
        "and the code gave StartTimer 60s",
    }
    assert counts(found) == (0, 1, 1)
    assert found.err.startswith(
        f"{bad}: BackgroundCheck is incompatible with this Event History.\n"
    )
    assert "\x1b" not in found.err


async def test_failures_of_one_kind_come_as_one(gate: Project) -> None:
    """Of failures of one kind three are named, and one diagnosis serves them all."""
    gate.change("backgroundcheck.py", "await asyncio.sleep(60)", "pass")
    found = await gate.run(*GATE)
    assert status(found) == 1
    incompatible = counts(found)[1]
    assert incompatible > 3
    assert found.err.count("incompatible with these") == 1
    (rest,) = [words for words in found.out.splitlines() if "more like it" in words]
    assert rest == f"... and {incompatible - 3} more like it"


async def test_bad_input_is_named(gate: Project) -> None:
    """Whatever is no Event History, or can't be replayed here, is named with one clear line."""
    expected = REFUSED | UNREPLAYABLE
    folder = gate.directory / "given"
    folder.mkdir()
    for name, (content, _) in expected.items():
        (folder / f"{name}.json").write_bytes(content)
    found = await gate.run(*GATE, "given", "--timeout", "5", "--json")
    assert (status(found), found.err) == (2, "")
    said = {Path(v["name"]).stem: v["reason"] for v in json.loads(found.out)["histories"]}
    assert said.keys() == expected.keys()
    for name, (_, words) in expected.items():
        assert re.search(words, said[name]), (name, said[name])


@pytest.mark.parametrize("folder", ["empty", "nothing"])
async def test_a_folder_without_histories_is_not_verified(gate: Project, folder: str) -> None:
    """A folder without an Event History, or a path where nothing is, proves nothing."""
    (gate.directory / "empty").mkdir()
    found = await gate.run(*GATE, folder)
    assert status(found) == 2
    assert [*failures(found)] == [folder]


async def test_a_file_counts_once(gate: Project) -> None:
    """A file that is named several times, in whatever way, is replayed once."""
    (name,) = put(gate, GOOD)
    found = await gate.run(*GATE, name, "given", name, f"./{name}", str(gate.directory / name))
    assert (status(found), counts(found)) == (0, (1, 0, 0))


async def test_json_is_one_document(gate: Project) -> None:
    """With --json stdout holds one document, and stderr nothing."""
    nothing, bad, good = put(gate, b"{}", BAD, GOOD)
    found = await gate.run(*GATE, "given", "--json")
    assert (status(found), found.err) == (1, "")
    document: dict[str, Any] = json.loads(found.out)
    histories = {entry["name"]: entry for entry in document["histories"]}
    assert {name: document[name] for name in ("version", "status", "not_begun", "errors")} == {
        "version": 1,
        "status": 1,
        "not_begun": 0,
        "errors": [],
    }
    assert {name: entry["outcome"] for name, entry in histories.items()} == {
        nothing: "unverified",
        bad: "incompatible",
        good: "replays",
    }
    assert histories[bad]["diagnosis"]["did"] == "gave StartTimer 60s"
    assert histories[good]["workflow_type"] == "BackgroundCheck"


@pytest.mark.parametrize(("options", "expected"), [((), 0), (("--strict",), 1)], ids=["", "strict"])
async def test_another_result_fails_if_strict(
    gate: Project, options: tuple[str, ...], expected: int
) -> None:
    """Another result than the recorded one is reported, and with --strict it fails.

    Our client has a codec, although without a key it hides nothing; so values are not shown unless
    asked for.
    """
    gate.change("backgroundcheck.py", "return await", 'return "all " + await')
    (name,) = put(gate, GOOD)
    found = await gate.run(*GATE, "given", "--show-values", *options)
    assert status(found) == expected
    words = "returns 'all pass' instead of 'pass'"
    assert failures(found) == {name: words if expected else f"replays, but {words}"}


@posix
async def test_a_terminal_gets_colours_and_a_bar(gate: Project) -> None:
    """On a terminal a bar counts the histories, and the diagnosis has colours."""
    put(gate, BAD, GOOD)
    command = (sys.executable, *GATE, "given")
    found = await gate.run("-c", ON_A_TERMINAL, *command, TERM="xterm", COLUMNS="100")
    assert status(found) == 1
    assert "━" in found.out
    assert found.out.index("\x1b[?25h") < found.out.index("2/2")  # a cursor, also after Ctrl-Z
    assert f"\x1b[1;31mgiven/{BAD}: BackgroundCheck is incompatible" in found.out


@posix
async def test_json_on_a_terminal_stays_json(gate: Project) -> None:
    """With --json a terminal gets the one document, too, without a bar."""
    put(gate, BAD, GOOD)
    command = (sys.executable, *GATE, "given", "--json")
    found = await gate.run("-c", ON_A_TERMINAL, *command, TERM="xterm", COLUMNS="100")
    assert json.loads(found.out)["status"] == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--jobs", "0"),
        ("--jobs", "two"),
        ("--timeout", "0"),
        ("--timeout", "-1"),
        ("--timeout", "nan"),
        ("--timeout", "inf"),
        ("--timeout", "1d"),
        ("--timeout", "99999h"),
        ("--limit", "0"),
        ("--no-such-option",),
        ("--stric",),
    ],
    ids=" ".join,
)
def test_a_bad_option_is_refused(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    """An option that makes no sense is named on stderr, and the exit status is 2."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["check", *options])
    assert re.search(f"error: .*{options[0]}", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workflow-id", "theirs"], "--workflow-id needs a PATH."),
        (["given.json", "--limit", "1"], "--limit needs a --query"),
        (["given.json", "--pdb", "--query", ""], "it does without --query"),
    ],
    ids=["workflow-id", "limit", "pdb"],
)
def test_an_option_that_would_have_no_effect(
    capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    """What a person asks for and would not get is refused, not passed over in silence."""
    assert main(["check", "--worker", "absent:main", *options]) == 2
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "expected"), [("90", 90), ("0.5", 0.5), ("90s", 90), ("15m", 900), ("2h", 7200)]
)
def test_a_length_of_time(value: str, expected: float) -> None:
    """Every option that takes a time takes it with its unit; without one they are seconds."""
    assert seconds(value) == expected


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--build", "a/b", "'a/b': letters, digits and _.+- only"),
        ("--rps", "0", "0 is not above 0"),
        ("--sample", "101%", "101% is not above 0 and at most 100%"),
    ],
)
def test_a_bad_option_of_a_shadow(
    capsys: pytest.CaptureFixture[str], option: str, value: str, words: str
) -> None:
    """What a value may be is said where it is not that."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["shadow", option, value])
    assert f"error: argument {option}: {words}" in capsys.readouterr().err


async def test_a_bad_option_leaves_no_traceback(gate: Project) -> None:
    """A person's mistake on the command line ends the process with status 2 and a usage line."""
    found = await gate.run(*GATE, "--jobs", "0")
    assert (status(found), found.out) == (2, "")
    assert found.err.startswith("usage: replaygate check ")


WITHOUT_SDK = """
import runpy, sys
sys.modules["temporalio"] = None
runpy.run_module("replaygate", run_name="__main__")
"""


async def test_without_the_sdk(gate: Project) -> None:
    """A folder that was only copied says what it needs."""
    found = await gate.run("-c", WITHOUT_SDK, "check")
    assert (status(found), found.out) == (2, "")
    assert re.fullmatch(r"replaygate: .*temporalio.* Install what it needs: .*\n", found.err)


async def test_help_is_no_failure(gate: Project) -> None:
    """With --help it says what it does and what its exit status means."""
    found = await gate.run(*GATE, "--help")
    assert (status(found), found.err) == (0, "")
    assert "Exit status 0: all replay." in found.out
