"""The README's 'Take it home', done: the suite moves into a project with another Workflow.

That one has signals, a query, an update, a child, a local Activity, and continues as new: shop.py.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import ROOT, clean_environment

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHAPTER = README.partition("## Take it home")[2].partition("\n## ")[0]
RECORDINGS = "tests/recordings"
COPY, _, _ = CHAPTER.partition("Then change")

# What the owner of that project writes: the Worker, and in two of the copied files a part each.
WORKER = """
from shop import Order, Shipment, charge, price_of

WORKFLOWS = [Order, Shipment]
ACTIVITIES = [price_of, charge]
"""
ROWS = """STARTED = ("WorkflowExecutionStarted",)
TASK = ("WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted")
SIGNALS = (TASK[0], "WorkflowExecutionSignaled", "WorkflowExecutionSignaled", *TASK[1:])
UPDATE = ("WorkflowExecutionUpdateAccepted", "WorkflowExecutionUpdateCompleted")
ACTIVITY = ("ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted")
CHILD = ("StartChildWorkflowExecutionInitiated", "ChildWorkflowExecutionStarted")
CHILD += (*TASK, "ChildWorkflowExecutionCompleted")
ORDER = (*STARTED, *SIGNALS, *TASK, *UPDATE, "MarkerRecorded", *ACTIVITY, *TASK, *CHILD, *TASK)
COMMANDS = ("ProtocolMessage", "ProtocolMessage", "RecordMarker", "ScheduleActivityTask")
COMMANDS += ("StartChildWorkflowExecution",)

FIRST = Outcome(
    status="CONTINUED_AS_NEW",
    events=(*ORDER, "WorkflowExecutionContinuedAsNew"),
    commands=(*COMMANDS, "ContinueAsNewWorkflowExecution"),
    attempts=1,
)
LAST = Outcome(
    status="COMPLETED",
    events=(*ORDER, "WorkflowExecutionCompleted"),
    commands=(*COMMANDS, "CompleteWorkflowExecution"),
    attempts=1,
)
SCENARIOS = (
    Scenario("first-of-two", FIRST, server="dev"),
    Scenario("last", LAST, server="dev"),
)


"""
PLAYED = """from shop import Order
from temporalio.client import WorkflowContinuedAsNewError
from worker import ACTIVITIES, WORKFLOWS


def served(scenario):
    return {"workflows": WORKFLOWS, "activities": ACTIVITIES}


async def start(client, scenario):
    orders = 2 if scenario.name == "first-of-two" else 1
    options = {"id": scenario.name, "task_queue": TASK_QUEUE}
    handle = await client.start_workflow(Order.run, orders, **options)
    for item in ("a book", "a pen"):
        await handle.signal(Order.add, item)
    return handle


async def drive(handle, scenario):
    assert await handle.query(Order.basket) == ["a book", "a pen"]
    assert await handle.execute_update(Order.close) == 2
    with contextlib.suppress(WorkflowContinuedAsNewError):
        await handle.result(follow_runs=False)
"""


def change(path: Path, old: str, new: str) -> None:
    """Change the one place of a file that matches a pattern."""
    text, count = re.subn(old, lambda _: new, path.read_text(), flags=re.DOTALL)
    assert count == 1
    path.write_text(text)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other project, after all that the chapter says."""
    home = tmp_path_factory.mktemp("home")
    (home / RECORDINGS).mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "support" / "shop.py", home)
    (home / "worker.py").write_text(WORKER)
    ours, _, tests = COPY.partition(f"from `{RECORDINGS}/`")
    for folder, names in (("", ours), (RECORDINGS, tests)):
        for name in re.findall(r"`([\w/]+\.py)`", names):
            shutil.copy(ROOT / folder / name, home / folder / name)
    for name in re.findall(r"the folder `(\w+)/`", ours):
        shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert "`[tool.pytest]`" in COPY
    settings = re.search(r"\[tool\.pytest\]\n.*?\n\n", (ROOT / "pyproject.toml").read_text(), re.S)
    assert settings
    (home / "pyproject.toml").write_text(settings[0])
    change(home / "connection.py", '(?<=TASK_QUEUE = ").*?(?=")', "shop")
    change(home / "connection.py", '(?<="namespace": ").*?(?=")', "shop")
    change(home / RECORDINGS / "scenarios.py", r"STARTED = .*(?=RECORDINGS = )", ROWS)
    play = home / RECORDINGS / "play.py"
    change(play, "# From here on it is all about BackgroundCheck.*", PLAYED)
    change(play, "from ssntraceactivity import .*?\n", "")
    return home


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=home,
        env=clean_environment(home) | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def recorded_home(home: Path) -> Path:
    """The other project, its histories recorded."""
    recorder = run(home, "-m", "tests.recordings.record")
    made = "Made: first-of-two.python-1.35.0\nMade: last.python-1.35.0\n"
    assert (recorder.returncode, recorder.stdout, recorder.stderr) == (0, made, "")
    return home


def test_the_suite_is_green_there(recorded_home: Path) -> None:
    """With the files that the README names, changed where it says, recordings pass the suite."""
    suite = run(recorded_home, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert suite.returncode == 0, suite.stdout
    assert "::" not in suite.stdout, "something was skipped"
    gate = run(recorded_home, "replay.py", "--strict")
    assert (gate.returncode, gate.stderr) == (0, "")
    assert gate.stdout.startswith("2 replay, 0 incompatible, 0 not verified")


@pytest.mark.parametrize(
    ("old", "new", "event", "command", "line"),
    [
        (
            "execute_local_activity",
            "execute_activity",
            "MarkerRecorded core_local_activity",
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
            "-shipment",
            "-parcel",
            "StartChildWorkflowExecutionInitiated Shipment",
            "gave StartChildWorkflowExecution Shipment",
            "await workflow.execute_child_workflow(",
        ),
        (
            "self.closed = True",
            "pass",
            "MarkerRecorded core_local_activity",
            "gave no Command",
            "await workflow.wait_condition(lambda: self.closed)",
        ),
        (
            "orders > 1",
            "False",
            "WorkflowExecutionContinuedAsNew Order",
            "gave CompleteWorkflowExecution, because it returned None",
            "",
        ),
    ],
    ids=["local-activity", "timer", "child", "update", "next"],
)
def test_a_break_is_diagnosed_there(
    recorded_home: Path, tmp_path: Path, old: str, new: str, event: str, command: str, line: str
) -> None:
    """The gate names the Event, what the code did in its place, and the line where it stood."""
    home = shutil.copytree(recorded_home, tmp_path / "home")
    change(home / "shop.py", re.escape(old), new)
    gate = run(home, "replay.py", "--json", "histories/first-of-two.python-1.35.0.json")
    assert gate.returncode == 1, gate.stdout + gate.stderr
    (verdict,) = json.loads(gate.stdout)["histories"]
    assert " ".join(verdict["event"].split()[3:]) == event
    assert verdict["command"] == command
    lines = (home / "shop.py").read_text().splitlines()
    stood_at = [f"shop.py:{n}  {line}" for n, text in enumerate(lines, 1) if text.strip() == line]
    assert verdict["stood_at"] == (stood_at if line else [])
