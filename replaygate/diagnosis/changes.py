"""Puts into Temporal's words what was added, removed, exchanged, renamed or reordered."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from replaygate.diagnosis.alignment import Change, Edit
from replaygate.diagnosis.distance import UUID, is_counted, is_drawn, is_local_now
from replaygate.diagnosis.expectation import Expected
from replaygate.diagnosis.step import LOCAL_ACTIVITY, PATCH, Step
from replaygate.diagnosis.wording import noun, told_apart
from replaygate.events import CLOSING

NUMBER = re.compile(r"[0-9a-f]*\d[0-9a-f]*", re.IGNORECASE)
DRAWS = "a random number or uuid4 was added or removed before it"
NO_MARKER = "which has no Marker here"
ENDS = {
    "WorkflowExecutionCompleted": "completes",
    "WorkflowExecutionFailed": "fails",
    "WorkflowExecutionCanceled": "is cancelled",
    "WorkflowExecutionContinuedAsNew": "continues as new",
}


@dataclass(frozen=True)
class Names:
    """What is called by which name, beyond the steps that changed."""

    recorded: Collection[str]  # of all steps of the history
    asked: Collection[str] = ()  # ids of patches that the code asked for in vain


@dataclass(frozen=True)
class Cause:
    """A likely cause, and the Command that it lies in, if one does."""

    words: str
    command: Expected | None = None


def of_changes(changes: Sequence[Change], names: Names) -> str:
    """Put the first edit into words."""
    first = changes[0]
    was, now = first.was, first.now
    if was and now:
        match first.edit:
            case Edit.SWAPPED:
                return "{} and {} changed places".format(*told_apart(was, now))
            case Edit.MOVED:
                return f"{noun(was)} was moved"
        return exchanged(was, now, names)
    if now:
        return f"{noun(now)} was added" if now.kind not in CLOSING else another_end(None, now)
    assert was
    if was.kind in CLOSING:
        return "the Workflow goes on where it ended"
    others = sorted(set(names.asked) - set(names.recorded))
    if was.kind == PATCH:
        return patch_gone(was, others)
    behind = f", or stands behind the patch {others[0]}, {NO_MARKER}" if others else ""
    return f"{noun(was)} was removed{behind}"


def patch_gone(was: Step, others: Sequence[str]) -> str:
    """Put into words that the code does not ask for a patch any more, but perhaps for others."""
    if len(others) == 1:
        return f"the patch id {was.name!r} became {others[0]!r}"
    return f"{noun(was)} was removed while Executions with its Marker are open"


def another_end(was: Step | None, now: Step) -> str:
    """Put into words that the Workflow ends where it did not, or in another way."""
    if was and was.kind == now.kind:
        return f"the Workflow {ENDS[now.kind]} later than it did, or earlier"
    if was and was.kind in CLOSING:
        return f"the Workflow ends in another way: it {ENDS[now.kind]} where it {ENDS[was.kind]}"
    if was:
        return f"{noun(was)} was removed, or the Workflow ends before it: it {ENDS[now.kind]}"
    return f"the Workflow ends where it went on: it {ENDS[now.kind]}"


def exchanged(was: Step, now: Step, names: Names) -> str:
    """Put into words that another step stands where one stood."""
    if now.kind in CLOSING:
        return another_end(was, now)
    if was.kind == PATCH:
        return patch_gone(was, [now.name] if now.kind == PATCH else [*names.asked])
    if is_local_now(was, now):
        kind = "a Local Activity" if now.kind == LOCAL_ACTIVITY else "an Activity"
        return f"{noun(was)} became {kind}"
    if was.kind in CLOSING:
        return f"{noun(now)} was added"
    if was.kind != now.kind:
        return f"{noun(was)} was removed and {noun(now)} was added in its place"
    if was.name == now.name and was.service == now.service:
        return another_id(was, now)
    if was.name == now.name:
        return f"{noun(was)} is asked of service {now.service!r} instead of {was.service!r}"
    if now.name in names.recorded:
        return f"{noun(was)} was exchanged for {now.name}"
    return f"{noun(was)} was renamed to {now.name}, or exchanged for it"


def another_id(was: Step, now: Step) -> str:
    """Name the cause where only ids differ."""
    if is_counted(was, now):
        return "a step was added or removed before, which shifts the ids that the SDK counts"
    if is_drawn(was, now):
        return f"the id of {noun(was)} is random, and {DRAWS}"
    words = f"the id {was.id!r} of {noun(was)} became {now.id!r}"
    if shape(was.id) == shape(now.id) and NUMBER.search(was.id):
        return f"{words}; or it is made of a random number, and {DRAWS}"
    return words


def shape(id: str) -> str:
    """Return an id with its numbers left out."""
    return NUMBER.sub("#", UUID.sub("#", id))
