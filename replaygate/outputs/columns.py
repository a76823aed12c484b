"""Lays out why a history does not replay: a block of labelled columns, or one line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from replaygate.plain import ENDS, ends, more, plain, plain_lines
from replaygate.report import Group
from replaygate.verdict import Diagnosis, Frame, Outcome, Verdict

if TYPE_CHECKING:
    from rich.text import Text

EXAMPLES = 3  # histories of a group that are named
COLUMN = 19  # characters for a label
WAYS_OUT = (
    "keep the old path for what runs already, with workflow.patched();",
    "leave what runs to the old code, with Worker Versioning; or revert the change:",
    "https://docs.temporal.io/develop/python/workflows/versioning",
)
# In place of the first of these, where a Marker of a patch is left over.
KEEP = "keep workflow.patched({id!r}), or deprecate_patch({id!r}), for what has its Marker;"
MEND = ("mend the code that fails, or revert the change",)  # a patch would keep it failing
UNSAID = {Outcome.INCOMPATIBLE: "incompatible", Outcome.UNVERIFIED: "not verified"}


def diagnosis(failure: Verdict | Group) -> str:
    """Return what differs, where, the likely cause and the ways out, for one or for all alike."""
    group = failure if isinstance(failure, Group) else Group(("", "", "", ""), (failure,))
    lines = [heading(group)]
    facts = {"Event Histories": examples(group)} if group.count > 1 else {}
    for label, values in (facts | facts_of(group.verdicts[0])).items():
        for value in filter(None, values):
            lines.append(f"  {label:<{COLUMN}}{value}")
            label = ""
    return "\n".join(lines)


def heading(group: Group) -> str:
    """Return the sentence above the columns."""
    verdict, others = group.verdicts[0], group.count - 1
    name = plain(verdict.name) + (f" and {others:,} more" if others else "")
    if verdict.outcome is not Outcome.INCOMPATIBLE:
        return f"{name}: not verified."
    subject = plain(verdict.workflow_type) or "the code"
    which = f"these {group.count:,} Event Histories" if others else "this Event History"
    return f"{name}: {subject} is incompatible with {which}."


def facts_of(verdict: Verdict) -> dict[str, Sequence[str]]:
    """Return what stands in the columns, by their labels; empty values are not shown."""
    told = verdict.diagnosis or Diagnosis()
    incompatible = verdict.outcome is Outcome.INCOMPATIBLE
    differs = bool(told.event_type or told.command_type)
    ways_out = WAYS_OUT if differs else MEND
    if told.patch:
        ways_out = (plain(KEEP.format(id=told.patch)), *WAYS_OUT[1:])
    return {
        "Reason": [] if incompatible and told.did else [remark(verdict)],
        "The history holds": [event_of(told)],
        "The code": [plain(told.did)],
        "It stood at": frames(told.stood_at),
        "Events": rows(told),
        "Likely cause": [plain(told.cause)],
        "Ways out": ways_out if incompatible and verdict.diagnosis else [],
        "The SDK says": plain_lines(told.sdk),
    }


def remark(verdict: Verdict) -> str:
    """Return in one line what is wrong with a history, or remarkable; nothing if all is well."""
    stuck = f"still stuck: {verdict.stuck}" if verdict.stuck else ""
    if verdict.outcome is not Outcome.REPLAYS:
        return plain(verdict.reason or verdict.differs or stuck or UNSAID.get(verdict.outcome, ""))
    remarks = ["replays"]
    remarks += [f"but {why}" for why in (verdict.differs, verdict.reason) if why]
    if stuck:
        remarks.append(f"and is {stuck}")
    if verdict.recovers:
        remarks.append("and would go on where it is stuck now")
    return plain(", ".join(remarks)) if remarks[1:] else ""


def examples(group: Group) -> list[str]:
    """Return the names of the first histories of a group, and how many more there are."""
    names = [plain(verdict.name) for verdict in group.verdicts[:EXAMPLES]]
    left = group.count - len(names)
    return [*names, more(left, "like them")] if left > 0 else names


def event_of(told: Diagnosis) -> str:
    """Return the Event that differs, as its row shows it."""
    if not told.event_id:
        return plain(told.event)
    found = (row.strip() for row in told.context if is_of(row, told.event_id))
    return plain(f"Event {next(found, f'{told.event_id}  {told.event}')}")


def rows(told: Diagnosis) -> list[str]:
    """Return the rows of the Events around the one that differs, with an arrow at that one."""
    marked = (("->" if is_of(row, told.event_id) else "  ", row) for row in told.context)
    return ends([f"{mark}{plain(row)}" for mark, row in marked], "  ...")


def is_of(row: str, event_id: int) -> bool:
    """Say whether this is the row of that Event; a row begins with the id."""
    return row.split(maxsplit=1)[:1] == [str(event_id)]


def frames(stood_at: Sequence[Frame]) -> list[str]:
    """Return lines of code, outermost call first; of a deep recursion, both ends."""
    lines = [f"{plain(frame.file)}:{frame.line}  {plain(frame.source)}" for frame in stood_at]
    return ends([line.rstrip() for line in lines], more(len(lines) - 2 * ENDS, "calls"))


def coloured(block: str) -> "Text":
    """Return a diagnosis for a terminal: its first line and the Event that differs in red."""
    from rich.text import Text  # here, because the import takes longer than many a replay

    colours = Text(block)
    colours.highlight_regex(rf"\A.+|(?m:^ {{{COLUMN + 2}}}->.*)", "bold red")
    return colours
