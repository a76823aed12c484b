"""Says in words what comes of it all: what differs, and what an open Execution waits for."""

from collections.abc import Iterator

from rich.cells import cell_len

from replaygate.explain.explanation import Explanation, Gave, Task
from replaygate.explain.walk import cut, did, gave, line, stack, stands
from replaygate.plain import plain
from replaygate.verdict import Outcome


def ending(told: Explanation, width: int) -> Iterator[str]:
    """Yield the lines below the Events."""
    verdict, cause = told.verdict, told.verdict.diagnosis
    remarks = [verdict.reason, verdict.stuck and f"It is still stuck: {verdict.stuck}"]
    remarks.append(f"Likely cause: {cause.cause}" if cause and cause.cause else "")
    for remark in filter(None, remarks):
        yield from ("", *folded(plain(remark), width))
    if told.is_open and told.tasks and (verdict.outcome is Outcome.REPLAYS or told.raised_at):
        last = told.tasks[-1]
        lines = waits(told, last, width - 2) if last.event_id else goes_on(told, last, width - 2)
        title = "It is open." if last.event_id else "It is open. The next Workflow Task of it"
        yield from ("", title, *(f"  {part}" for part in lines))


def goes_on(told: Explanation, task: Task, width: int) -> Iterator[str]:
    """Yield what the code does in the Workflow Task that is not yet completed."""
    yield from did(task, told, width)
    for command in task.gave:
        yield from gave(command, width, "gives")
    yield from stack("raises at", told.raised_at, width)


def waits(told: Explanation, task: Task, width: int) -> Iterator[str]:
    """Yield where the code stands, and the Commands of which nothing has come yet."""
    for standing in task.stands:
        yield from stands(standing, width)
    for command in told.pending:
        yield from awaited(command, width)


def awaited(command: Gave, width: int) -> Iterator[str]:
    """Yield a Command of which nothing has come yet."""
    event = f" (Event {command.event_id})" if command.event_id else ""
    yield cut(f"waits for {command.command} {plain(command.detail)}".rstrip() + event, width)
    if command.frames:
        yield f"  {line('given at', command.frames[-1], width - 2)[0]}"


def folded(text: str, width: int) -> Iterator[str]:
    """Yield a sentence in lines."""
    words, current = text.split(" "), ""
    for word in words:
        if current and cell_len(current) + 1 + cell_len(word) > width:
            yield current
            current = ""
        current = cut(f"{current} {word}".strip(), width)
    yield current
