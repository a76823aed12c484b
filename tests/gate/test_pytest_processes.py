"""What replays under pytest cost, and what they leave behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.support.foreign import OTHER, PLUGIN, TIMER, Foreign
from tests.support.gate import HANGS, SLEEP

pytest_plugins = ["pytester"]

MANY = 20  # histories
NOTES = """
            with workflow.unsafe.sandbox_unrestricted(), open("replayed", "a") as file:
                file.write("once ")
            await asyncio.sleep(60)
"""
ENDS = """
            with workflow.unsafe.sandbox_unrestricted():
                import os; os._exit(3)
"""
PASS, FAIL = (f'"{text}"' for text in ("InBhc3Mi", "ImZhaWwi"))  # in base64
NOT_BEGUN = """
from replaygate.pytest_plugin import items as pytest_items
from replaygate.verdict import Outcome, Verdict

def judging(self, item):
    return [Verdict(item.source.name, Outcome.NOT_BEGUN)]

pytest_items.Judging.__call__ = judging
"""
UNGUARDED = f"""
import pytest, sys
sys.exit(pytest.main(["histories", *{PLUGIN!r}]))
"""


@pytest.fixture
def foreign(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Foreign:
    return Foreign(pytester, monkeypatch)


def change(foreign: Foreign, old: str, new: str) -> None:
    """Change the one place of their Workflow that reads so."""
    path = foreign.path / "backgroundcheck.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def waited_for(condition: Callable[[], object]) -> bool:
    """Tell whether a condition comes to hold."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def runs(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def remarkable(foreign: Foreign) -> None:
    """Let the recorded result be another one."""
    path = foreign.path / "histories" / "timer.json"
    before, _, after = path.read_text(encoding="utf-8").rpartition(PASS)
    path.write_text(f"{before}{FAIL}{after}", encoding="utf-8")


def test_all_share_one_process(foreign: Foreign) -> None:
    """However many histories there are, the Worker is imported once.

    pytest-timeout does not end a replay, and so not the whole run. What is remarkable about a
    replay that passes is said at the end.
    """
    for number in range(MANY):
        foreign.put(TIMER, f"{number}.json")
    remarkable(foreign)
    found = foreign.pytest("histories", "--timeout", "0.01")
    found.assert_outcomes(passed=MANY + 1)
    found.stdout.fnmatch_lines(["histories/timer.json: replays, but *"])
    assert foreign.resolved() == 1


def test_xdist(foreign: Foreign) -> None:
    """Each worker of xdist replays what it is given, and no more, in one process.

    It tells what is remarkable about it, too.
    """
    change(foreign, SLEEP, NOTES)
    for number in range(MANY):
        foreign.put(TIMER, f"{number}.json")
    remarkable(foreign)
    found = foreign.pytest("histories", "-n", "2")
    found.assert_outcomes(passed=MANY + 1)
    found.stdout.fnmatch_lines(["histories/timer.json: replays, but *"])
    assert foreign.resolved() == 2
    assert len((foreign.path / "replayed").read_text().split()) == MANY + 1


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_lost_process_costs_one_item(foreign: Foreign, arguments: tuple[str, ...]) -> None:
    """Where Workflow code ends the replay process, that item fails and the others are replayed."""
    change(foreign, SLEEP, ENDS)
    foreign.put(OTHER, "a.json")
    foreign.put(OTHER, "z.json")
    found = foreign.pytest("histories", "-p", "no:xdist" if not arguments else "xdist", *arguments)
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["*code of the Worker ended the process, with status 3"])


def test_an_interrupt_ends_the_replay(foreign: Foreign) -> None:
    """Ctrl-C ends pytest at once, and with it a replay that hangs."""
    change(foreign, SLEEP, HANGS)
    command = [sys.executable, "-m", "pytest", *PLUGIN, "histories"]
    with subprocess.Popen(command, cwd=foreign.path, stdout=subprocess.DEVNULL) as process:
        assert waited_for((foreign.path / "resolved").exists)
        time.sleep(0.5)
        (replayer,) = map(int, (foreign.path / "resolved").read_text().split())
        assert runs(replayer)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    assert waited_for(lambda: not runs(replayer))


def test_a_program_that_calls_pytest(foreign: Foreign) -> None:
    """A program that runs pytest without a guard is not run again by what it starts."""
    program = foreign.write("run_tests.py", UNGUARDED)
    foreign.pytester.runpython(program).assert_outcomes(passed=1)


def test_not_begun(foreign: Foreign) -> None:
    """An Execution that no code can break is skipped, with the reason."""
    foreign.write("conftest.py", NOT_BEGUN)
    found = foreign.pytest("histories", "-rs")
    found.assert_outcomes(skipped=1)
    found.stdout.fnmatch_lines(["SKIPPED*no Workflow Task was completed, so no code can break it"])
