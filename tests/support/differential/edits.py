"""Single edits of a Workflow that was made up, and what a diagnosis of each must say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from temporalio.api.history.v1 import HistoryEvent

from replaygate.inputs.pending import is_open
from tests.support.differential.programs import Program
from tests.support.edits import STEP, Edit, edits_in

PATCHED = re.compile(r'workflow\.patched\("(\w+)"\)')
ID = re.compile(r'(activity_id="|info\(\)\.workflow_id\}-)([\w-]+)')
ACTIVITY = re.compile(r'await do\.(act|local)\("(\w+)"\)')
NOUN = re.compile(r"# ((?:an?|the) .*?)(?= (?:removed|added|renamed|exchanged|reordered):|  |$)")
STARTED = re.compile(r'do\.start\("(\w+)"\)')
FOREVER = "await workflow.wait_condition(lambda: False)"
# Several tasks, handlers that do something, and cancellations, which Core is told of later.
CONCURRENT = re.compile(
    r"create_task|gather|\.cancel\(|give_up|async def (step|change)\(.*\n +await"
)


def edits_of(program: Program, events: Sequence[HistoryEvent]) -> Iterator[Edit]:
    """Make all single edits of a program, and say what each looks like beside its history.

    What was cancelled in the Workflow Task that asked for it left no Event: freed, it is added.
    """
    told = {one.activity_task_scheduled_event_attributes.activity_type.name for one in events}
    unseen = "|".join(set(STARTED.findall(program.source)) - told)
    for edit in _edits_of(program, is_open(events)):
        if unseen:
            edit = replace(edit, cause=f"{edit.cause}|the Activity ({unseen}) was added")
        yield edit


def _edits_of(program: Program, goes_on: bool) -> Iterator[Edit]:
    concurrent = CONCURRENT.search(program.source)
    for edit in edits_in(program.name, program.source):
        # What comes next where a step is gone is not in the next line if something else goes on.
        if concurrent and edit.kind in ("removed", "reordered"):
            edit = replace(edit, line=None)
        if goes_on and edit.kind in ("removed", "exchanged", "reordered"):
            # What would have come next is not recorded; or the code fails there, as it is meant to.
            nouns = "|".join(re.escape(noun) for noun in NOUN.findall(edit.name))
            edit = replace(edit, cause=f"{edit.cause}|({nouns}) was|the code fails")
        yield edit
    lines = program.source.splitlines()
    for number, line in enumerate(lines):
        for kind, new, cause in changes_to(line):
            source = "\n".join([*lines[:number], new, *lines[number + 1 :], ""])
            name = f"{program.name}:{number + 1} {line.strip()} {kind}: {new.strip()}"
            yield Edit(kind, name, program.name, source, cause, None)


def changes_to(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield what may become of a line: the kind of edit, the new line, the cause to name."""
    if found := PATCHED.search(line):
        gone = f"the patch {found[1]} was removed"
        yield "patch", line.replace(found[0], "True"), gone
        yield "patch", line.replace(found[0], "False"), gone
        renamed = line.replace(found[1], f"{found[1]}_too")
        yield "patch", renamed, f"{gone}|patch id '{found[1]}' became"
    if found := ID.search(line):
        renamed = line.replace(found[0], f"{found[1]}other-{found[2]}")
        yield "id", renamed, f"the id '.*{found[2]}' of .* became '.*other-"
    if found := ACTIVITY.search(line):
        other = {"act": "local", "local": "act"}[found[1]]
        became = {"act": "a Local Activity", "local": "an Activity"}[found[1]]
        new = line.replace(f"do.{found[1]}(", f"do.{other}(")
        yield "local", new, f"{found[2]} became {became}"
    if step := STEP.match(line):
        noun = re.escape(step["noun"])
        if not step["code"].endswith(","):
            raises = f'{step["indent"]}raise ValueError("broken")'
            # In a task of its own, nobody hears of it for the time being.
            yield "raises", raises, f"the code fails (where|in)|{noun} was removed"
            waits = f"{step['indent']}{FOREVER}; {line.strip()}"
            # What is missing first may be another step, of what was cancelled for one.
            missing = f"{noun} was removed|was removed, or the (code waits|Workflow ends) before"
            yield "waits", waits, missing
    if 'return "done"' in line:
        yield "ends", line.replace("return", 'raise ApplicationError("no") #'), "fails where it"
