"""Says in words what the code did at each Event: the right column of an explanation.

Each part is a list of lines of at most ``width`` characters, harmless and ready to be shown.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len, set_cell_size

from replaygate.explain.explanation import Explanation, Frames, Gave, Row, Standing, Task
from replaygate.plain import plain
from replaygate.verdict import Frame

MOST = 5  # lines of code, calls or pieces of output of one kind that are shown


def cut(text: str, width: int) -> str:
    """Return a text, or its beginning, that takes at most so many columns."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"


def at(frame: Frame, width: int) -> str:
    """Return a place as file:line; of a long path the end."""
    where = f"{plain(frame.file)}:{frame.line}"
    while cell_len(where) > width and "/" in where[2:]:
        where = f"…/{where.removeprefix('…/').partition('/')[2]}"
    return where


def line(label: str, frame: Frame, width: int) -> list[str]:
    """Return a line of code behind a label: "wakes flows.py:8  await ..."; in two if need be."""
    label = label and f"{label} "
    where = f"{label}{at(frame, width - cell_len(label))}"
    source = plain(frame.source)
    if cell_len(where) + 2 + cell_len(source) <= width or not source:
        return [f"{where}  {source}".rstrip()]
    indent = len(label) - len(label.lstrip()) + 2
    return [where, f"{'':{indent}}{cut(source, width - indent)}"]


def stack(label: str, frames: Frames, width: int) -> list[str]:
    """Return the innermost line of a call stack, and below it those that called it."""
    if not frames:
        return []
    calls = [f"  called at {at(frame, width - 12)}" for frame in reversed(distinct(frames)[:-1])]
    more = [f"  ... and {len(calls) - MOST} more calls"] if len(calls) > MOST else []
    return [*line(label, frames[-1], width), *calls[:MOST], *more]


def distinct(frames: Frames) -> list[Frame]:
    """Return each place of a call stack once; up to Python 3.11 a comprehension is a call too."""
    return [next(same) for _, same in groupby(frames, key=lambda frame: (frame.file, frame.line))]


def beside(row: Row, told: Explanation, width: int) -> list[str]:
    """Return what the code did at an Event."""
    lines = stack("", row.frames, width)
    for woke in row.woke[:MOST]:
        lines += line("begins" if woke.begins else "wakes", woke.frames[-1], width)
    if len(row.woke) > MOST:
        lines.append(f"... and {len(row.woke) - MOST} more")
    if row.task is not None:
        lines += did(told.tasks[row.task], told, width)
    return lines


def did(task: Task, told: Explanation, width: int) -> list[str]:
    """Return what ran in a Workflow Task, what it said, and where it came to stand."""
    lines = []
    for file, ran in task.ran:
        lines += wrapped(f"ran {file_of(file, width)}", ranges(ran, told, file), width)
    for said in task.said[:MOST]:
        mark = "silent in replay" if said.silent else "repeated in replay"
        lines += [
            cut(f"says {plain(said.text) or at(said.frame, width - 5)}", width),
            f"  ({mark})",
        ]
    for standing in task.stands[:MOST]:
        lines += stands(standing, width)
    left = len(task.stands[MOST:]) + task.left_out
    return [*lines, *([f"... and {left} more tasks wait"] if left else [])]


def stands(standing: Standing, width: int) -> list[str]:
    """Return where a task waits, and for what state."""
    who = "" if standing.task == "run" else f"{plain(standing.task)} "
    who = f"{standing.alike} tasks wait at" if standing.alike > 1 else f"{who}waits at"
    if cell_len(who) > width // 2:
        lines = [cut(who, width), *stack(" ", standing.frames, width)]
    else:
        lines = stack(who, standing.frames, width)
    for name, value in standing.state:
        lines.append(cut(f"  {plain(name)}{f': {plain(value)}' if value else ''}", width))
    return lines


def gave(command: Gave, width: int, label: str = "gave") -> list[str]:
    """Return a Command, and the line that gave it."""
    words = f"{label} {command.command} {plain(command.detail)}".rstrip()
    return [cut(words, width), *stack("  at" if command.frames else "", command.frames, width)]


def file_of(file: str, width: int) -> str:
    """Return a file's name, of a long path the end."""
    return at(Frame(file, 0, ""), width - 8).removesuffix(":0")


def ranges(ran: Sequence[int], told: Explanation, file: str) -> list[str]:
    """Return lines as "20", "22-25"; what lies between and can't run parts nothing."""
    code = next((one.code for one in told.files if one.name == file), ())
    found: list[list[int]] = []
    for number in ran:
        if found and not any(found[-1][1] < other < number for other in code):
            found[-1][1] = number
        else:
            found.append([number, number])
    return [f"{first}-{last}" if last > first else f"{first}" for first, last in found]


def wrapped(label: str, parts: Sequence[str], width: int) -> list[str]:
    """Return "label:part, part", in several lines if need be."""
    lines = [f"{label}:{parts[0]}"]
    for part in parts[1:]:
        if cell_len(lines[-1]) + 2 + len(part) + 1 <= width:
            lines[-1] += f", {part}"
        else:
            lines[-1] += ","
            lines.append(f"  {part}")
    return lines


def instead(told: Explanation, width: int) -> Iterator[list[str]]:
    """Yield what the code did from where history and code part, one Command after the other."""
    cause = told.verdict.diagnosis
    if not told.instead or (cause and not cause.command):
        yield [cut(f"the code {plain(cause.did if cause else '')}", width)]
    for command in told.instead:
        yield gave(command, width)
