"""The tasks of a Workflow's event loop that are not done; private names of the SDK and asyncio."""

from collections.abc import Collection
from typing import Any


def tasks_of(instance: Any) -> list[Any]:
    """Return them all, first the one that the run method awaits, then that method's own."""
    tasks, main = instance._tasks, instance._primary_task
    first = [awaited(main, tasks), main]
    return sorted(tasks, key=lambda task: (*(task is not one for one in first), task.get_name()))


def awaited(task: Any, tasks: Collection[Any]) -> Any:
    """Return the one of these tasks that a task awaits, also in a gather; else that task."""
    future = getattr(task, "_fut_waiter", None)
    waits = [one for one in getattr(future, "_children", [future]) if one in tasks]
    return awaited(waits[0], tasks) if len(waits) == 1 else task


def lost_in(task: Any) -> BaseException | None:
    """Return what a task raised that is no Exception, so that nobody hears of it."""
    if task is None or not task.done() or task.cancelled():
        return None
    error: BaseException | None = task.exception()
    return None if isinstance(error, Exception) else error
