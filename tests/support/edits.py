"""Single edits of the Workflows in `flows`, and what a diagnosis of each must say.

A line that gives a Command ends with what that step is called; such lines are removed, added,
exchanged, renamed and reordered one at a time. What else can be changed is in `special_edits`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.special_edits import SPECIAL

FLOWS = Path(__file__).parent / "flows"
NAMES = sorted({path.stem for path in FLOWS.glob("*.py")} - {"__init__", "do", "record"})
STEP = re.compile(r"^(?P<indent> +)(?P<code>.*\S)  # (?P<noun>(the|a|an) .*)$")
NAME = re.compile(r'do\.(?:act|local|child|ask|start)\("(\w+)"')
STAYS = re.compile("cancel|create_task")  # what its neighbours depend on
NEW = {
    "the Activity extra": 'await do.act("extra")',
    "the Local Activity extra": 'await do.local("extra")',
    "a Timer": "await do.rest(7)",
    "the Child Workflow extra": 'await do.child("extra", id="extra")',
    "an upsert of search attributes": 'do.note("extra")',
}


@dataclass(frozen=True)
class Edit:
    """A changed Workflow."""

    kind: str  # removed, added, ...
    name: str
    flow: str  # whose recording it is replayed on
    source: str
    cause: str  # an expression that the likely cause must match
    line: int | None  # that must be among the frames; None: whichever


def edits_of(flow: str, every_addition: bool = False) -> Iterator[Edit]:
    """Make all single edits of a Workflow; before each step, one kind of addition or every one."""
    source = (FLOWS / f"{flow}.py").read_text()
    yield from edits_in(flow, source, every_addition)
    for name, (was, now, cause, where) in SPECIAL.get(flow, {}).items():
        assert source.count(was) == 1, (flow, name)
        changed = source.replace(was, now)
        at = line_of(changed, where) if where else None
        yield Edit("special", f"{flow}: {name}", flow, changed, cause, at)


def edits_in(flow: str, source: str, every_addition: bool = False) -> Iterator[Edit]:
    """Edit one step after the other."""
    lines = [*source.splitlines(), ""]
    steps = {number: found for number, line in enumerate(lines) if (found := STEP.match(line))}
    for number, step in steps.items():
        yield removed(flow, lines, number, step)
        new = list(NEW) if every_addition else [list(NEW)[number % len(NEW)]]
        yield from added(flow, lines, number, step, new)
        if edit := renamed(flow, lines, number, step):
            yield edit
        if edit := exchanged(flow, lines, number, step):
            yield edit
        following = steps.get(number + 1)
        if following and (edit := swapped(flow, lines, number, step, following)):
            yield edit


def line_of(source: str, words: str) -> int:
    """Return the number of the line that holds these words."""
    (number,) = (number for number, line in enumerate(source.splitlines(), 1) if words in line)
    return number


def edited(
    kind: str, flow: str, lines: list[str], replaced: slice, new: list[str], cause: str, line: int
) -> Edit:
    """Make an edit that replaces some lines; ``line`` counts from 0, and -1 is whichever."""
    source = "\n".join([*lines[: replaced.start], *new, *lines[replaced.stop :]])
    in_gather = any(line.split("  #")[0].endswith(",") for line in new)
    expected = line + 1 if line >= 0 and not in_gather else None
    name = f"{flow}:{replaced.start + 1} {lines[replaced.start].strip()} {kind}: {' '.join(new)}"
    return Edit(kind, name, flow, source, cause, expected)


def removed(flow: str, lines: list[str], number: int, step: re.Match[str]) -> Edit:
    """Leave a step out; the line to show is the next that gives a Command, or waits."""
    noun = step["noun"]
    alone = lines[number - 1].rstrip().endswith(":") and indent(lines[number + 1]) < len(
        step["indent"]
    )
    new = [f"{step['indent']}pass"] if alone else []
    following = lines[number + 1]
    clear = STEP.match(following) and "cancel" not in following and "," not in step["code"][-1]
    shown = number if clear and not alone else -1
    cause = f"{re.escape(noun)} was removed"
    return edited("removed", flow, lines, slice(number, number + 1), new, cause, shown)


def added(
    flow: str, lines: list[str], number: int, step: re.Match[str], kinds: list[str]
) -> Iterator[Edit]:
    """Add a step before another."""
    listed = step["code"].endswith(",")
    for noun in kinds:
        code = NEW[noun]
        if listed and not code.startswith("await"):
            continue
        new = fitted(code, step)
        cause = f"{noun} was added"
        place = slice(number, number)
        yield edited("added", flow, lines, place, [f"{step['indent']}{new}"], cause, number)


def renamed(flow: str, lines: list[str], number: int, step: re.Match[str]) -> Edit | None:
    """Give a step's Activity, Child Workflow or Operation another type."""
    name = NAME.search(step["code"])
    if not name:
        return None
    new = lines[number].replace(f'"{name[1]}"', '"renamed"')
    cause = f"{step['noun']} was renamed to renamed"
    place = slice(number, number + 1)
    return edited("renamed", flow, lines, place, [new], cause, number)


def exchanged(flow: str, lines: list[str], number: int, step: re.Match[str]) -> Edit | None:
    """Put a step of another kind in the place of one."""
    noun = step["noun"]
    if not step["code"].startswith(("await do.", "do.")) or "cancel" in noun:
        return None
    other = "the Activity extra" if noun == "a Timer" else "a Timer"
    new = [f"{step['indent']}{fitted(NEW[other], step)}"]
    cause = f"{noun} was removed and {other} was added in its place"
    place = slice(number, number + 1)
    return edited("exchanged", flow, lines, place, new, cause, number)


def swapped(
    flow: str, lines: list[str], number: int, step: re.Match[str], following: re.Match[str]
) -> Edit | None:
    """Let a step and the one that follows it change places."""
    if step["indent"] != following["indent"] or STAYS.search(step["code"] + following["code"]):
        return None
    one, other = re.escape(step["noun"]), re.escape(following["noun"])
    told_apart = "( with id '.*')?"
    places = f"{one}{told_apart} and {other}{told_apart} changed places"
    cause = f"{places}|({one}|{other}) was moved"
    new = [lines[number + 1], lines[number]]
    place = slice(number, number + 2)
    return edited("reordered", flow, lines, place, new, cause, number)


def fitted(code: str, step: re.Match[str]) -> str:
    """Return a statement as it must stand in the place of another: in a gather, without await."""
    return f"{code.removeprefix('await ')}," if step["code"].endswith(",") else code


def indent(line: str) -> int:
    """Return how far a line is indented."""
    return len(line) - len(line.lstrip())
