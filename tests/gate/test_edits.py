"""Single edits of small Workflows: whether the diagnosis names the edit and its line."""

import importlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.worker import UnsandboxedWorkflowRunner

from replaygate.inputs.formats import Found
from replaygate.verdict import Outcome, Verdict
from tests.support.edits import NAMES, Edit, edits_of
from tests.support.replays import events_of, replaying, verdict_on

RIGHT, OF_EACH_KIND = 0.95, 0.9  # so large a part of the edits must be named rightly
KINDS = ("removed", "added", "renamed", "exchanged", "reordered", "special")


@pytest.mark.parametrize("flow", NAMES)
async def test_what_is_unchanged_replays(flow: str) -> None:
    """Each recording replays on the Workflow that made it."""
    module = importlib.import_module(f"tests.support.flows.{flow}")
    assert (await verdict_on(events_of(flow), module.Flow)).outcome is Outcome.REPLAYS


@dataclass(frozen=True)
class Diagnosed:
    """An edit, and what the gate says of it."""

    edit: Edit
    module: str
    verdict: Verdict

    def is_right(self) -> bool:
        """Tell whether the cause is the edit, and the line the edited one."""
        told = self.verdict.diagnosis
        if not told:
            return False
        lines = [frame.line for frame in told.stood_at if Path(frame.file).stem == self.module]
        return bool(re.search(self.edit.cause, told.cause)) and self.edit.line in (None, *lines)

    def __str__(self) -> str:
        told = self.verdict.diagnosis
        said = f"{told.cause} {[frame.line for frame in told.stood_at]}" if told else ""
        return f"{self.edit.name}, line {self.edit.line}: {said} ({self.verdict.reason})"


def written(edits: Sequence[Edit], folder: Path) -> list[type]:
    """Write each edited Workflow into a module of its own, and import it."""
    for number, edit in enumerate(edits):
        source = edit.source.replace(f'name="{edit.flow}"', f'name="edit_{number}"')
        (folder / f"edit_{number}.py").write_text(source, encoding="utf-8")
    return [importlib.import_module(f"edit_{number}").Flow for number in range(len(edits))]


@pytest.mark.parametrize(
    "name",
    [
        "activities: ends early",
        "activities: cancels at once",
        "children: another id",
        "child_cancelled: abandons",
        "failing: completes",
        "gathered: a Timer at once",
        "gathered: a child at once",
        "gathered: another at once",
        "patches: removed",
        "random_children: takes a uuid",
        "signal_handler: returns early",
        "signal_handler: waits in the handler",
        "tasks: waits aside",
        "updates: handler removed",
        "updates: handler returns early",
        "updates: handler waits",
    ],
)
async def test_an_edit_of_many_steps(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what lies in no single step is named, and the line in the task that it concerns."""
    monkeypatch.syspath_prepend(tmp_path)
    flow = name.split(":")[0]
    (edit,) = (edit for edit in edits_of(flow) if edit.name == name)
    (workflow,) = written([edit], tmp_path)
    found = Diagnosed(edit, "edit_0", await verdict_on(events_of(flow, "edit_0"), workflow))
    del sys.modules["edit_0"]
    assert found.is_right(), str(found)


async def test_the_edit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 95 of 100 single edits, the likely cause is the edit, and the line is the edited one."""
    monkeypatch.syspath_prepend(tmp_path)
    edits = [edit for flow in NAMES for edit in edits_of(flow)]
    found = []
    async with replaying(
        *written(edits, tmp_path), workflow_runner=UnsandboxedWorkflowRunner()
    ) as replay:
        for number, edit in enumerate(edits):
            events = events_of(edit.flow, f"edit_{number}")
            verdict = await replay(edit.name, Found("", edit.flow, "", events))
            found.append(Diagnosed(edit, f"edit_{number}", verdict))
    for number in range(len(edits)):
        del sys.modules[f"edit_{number}"]
    caught = [one for one in found if one.verdict.outcome is not Outcome.REPLAYS]
    counts = Counter(one.edit.kind for one in caught)
    right = Counter(one.edit.kind for one in caught if one.is_right())
    wrong = "\n".join(str(one) for one in caught if not one.is_right())
    assert len(caught) > 400
    assert right.total() >= RIGHT * counts.total(), f"{right} of {counts}:\n{wrong}"
    assert all(right[kind] >= OF_EACH_KIND * counts[kind] > 0 for kind in KINDS), wrong
