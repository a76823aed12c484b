"""Lays out an explanation as text: the Events in the columns people know, the code beside them."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len

from replaygate.explain.ending import ending, folded
from replaygate.explain.explanation import Explanation, Row
from replaygate.explain.walk import beside, cut, instead, line
from replaygate.plain import plain
from replaygate.verdict import Outcome

if TYPE_CHECKING:
    from rich.text import Text

ID, TIME, GAP = 5, 8, 2
TYPE = 26  # columns for an Event's type, in a window of 80
WIDE = 110  # from which on there is room for more
NARROW = 76  # below which the code goes below its Event
LEAST = 40


def walk_text(told: Explanation, width: int) -> str:
    """Return the explanation in lines of at most ``width`` columns, and of 40 at least."""
    layout = Layout(max(width, LEAST))
    lines = [*folded(heading(told), layout.width)]
    if told.rows:
        lines += [*layout.about(told), "", *layout.title(), *layout.rows(told)]
    return "\n".join([*lines, *ending(told, layout.width)])


def heading(told: Explanation) -> str:
    """Return the sentence above it all."""
    verdict = told.verdict
    name, kind = plain(verdict.name), plain(verdict.workflow_type) or "the code"
    match verdict.outcome:
        case Outcome.REPLAYS:
            return f"{name}: {kind} replays."
        case Outcome.INCOMPATIBLE:
            return f"{name}: {kind} is incompatible with this Event History."
        case Outcome.NOT_BEGUN:
            return f"{name}: {kind} has not begun."
        case _:
            return f"{name}: not verified."


class Layout:
    """The columns of a window."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.folds = width < NARROW
        self.indent = ID + GAP + TIME + GAP
        self.type = TYPE + (14 if width >= WIDE else 0)
        self.left = ID + GAP if self.folds else self.indent + self.type + GAP
        self.code = width - self.left

    def about(self, told: Explanation) -> Iterator[str]:
        """Yield whose history it is."""
        verdict = told.verdict
        names = {"Workflow Id": verdict.workflow_id, "run id": verdict.run_id}
        for label, value in names.items():
            if value:
                yield cut(f"{label} {plain(value)}", self.width)

    def title(self) -> Iterator[str]:
        """Yield the line above the columns."""
        title = f"{'ID':>{ID}}  {'Time':<{TIME}}  {'Type':<{self.type}}"
        yield title.rstrip() if self.folds else f"{title}  Workflow code"

    def rows(self, told: Explanation) -> Iterator[str]:
        """Yield the Events, each beside its code."""
        otherwise = instead(told, self.code)
        failed = self.failure(told)
        day = ""
        for row in told.rows:
            if row.time[:10] != day:
                day = row.time[:10]
                yield f"{'':{ID}}  {day}"
            parted = 0 < told.parts_at <= row.event_id
            if row.event_id == told.parts_at:
                yield cut("-- here history and code part ".ljust(self.width, "-"), self.width)
            code = next(otherwise, []) if parted else beside(row, told, self.code)
            if row.task is not None and row.task == len(told.tasks) - 1:
                code += failed
            yield from self.both(self.event(row), code)
        if told.parts_at:
            for code in otherwise:
                yield from self.both([], code)

    def event(self, row: Row) -> list[str]:
        """Return the lines of an Event."""
        head = f"{row.event_id:>{ID}}  {row.time[11:19]:<{TIME}}  "
        detail = plain(row.detail)
        if cell_len(row.type) + 1 + cell_len(detail) <= self.type:
            return [f"{head}{row.type} {detail}".rstrip()]
        lines = [cut(f"{head}{row.type}", self.width)]
        room = self.width - self.indent if self.folds else self.type
        return [*lines, f"{'':{self.indent}}{cut(detail, room)}"] if detail else lines

    def both(self, event: list[str], code: list[str]) -> Iterator[str]:
        """Yield an Event and its code side by side, or one below the other."""
        if self.folds:
            yield from event
            yield from (f"{'':{self.left}}{part}" for part in code)
            return
        if event and cell_len(event[0]) > self.left - GAP:
            yield event.pop(0)
        for left, right in zip_longest(event, code, fillvalue=""):
            yield f"{left}{'':{self.left - cell_len(left)}}{right}".rstrip()

    def failure(self, told: Explanation) -> list[str]:
        """Return with what the code failed the last Workflow Task, if it did."""
        cause = told.verdict.diagnosis
        if told.parts_at or not cause:
            return []
        where = line("  at", cause.stood_at[-1], self.code) if cause.stood_at else []
        return [cut(plain(cause.did), self.code), *where]


def coloured(text: str) -> "Text":
    """Return an explanation for a terminal: places in the code, and where history and code part."""
    from rich.text import Text

    colours = Text(text)
    colours.highlight_regex(r"[\w./…-]+\.py:[\d, -]*\d", "cyan")
    colours.highlight_regex(
        r"(?m)^-- here history and code part.*|\A.* is incompatible .*", "bold red"
    )
    colours.highlight_regex(r"\((silent|repeated) in replay\)", "dim")
    colours.highlight_regex(r"(?m)^ +ID  Time .*", "bold")
    return colours
