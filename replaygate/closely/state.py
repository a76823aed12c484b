"""The local state that code waits for, named without running anything of it."""

import asyncio
import dis
import enum
import functools
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

State = tuple[tuple[str, str], ...]  # names and values
FINDS = ("LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_GLOBAL", "LOAD_CLASSDEREF")
FOLLOWS = ("LOAD_ATTR", "LOAD_METHOD")
PENDING = "not done"
DEEPEST = 3  # methods that call each other
MOST = 5  # values of a collection, and names of a line, that are shown
LONGEST = 60  # characters of a value
MISSING = object()


def unfinished(frame: FrameType) -> State:
    """Name the local variables that hold what is not done yet: Activities, tasks, futures."""
    found = []
    for name, value in frame.f_locals.items():
        values = value if isinstance(value, list | tuple | set) else [value]
        if any(isinstance(one, asyncio.Future) and not one.done() for one in values):
            found.append((name, PENDING))
    return tuple(found[:MOST])


def of_condition(condition: Any) -> State:
    """Name what a condition looks at, with its values, without running anything of it."""
    found = dict(looks_at(condition, getattr(condition, "__self__", MISSING), DEEPEST))
    return tuple((name, shown(value)) for name, value in found.items() if is_state(value))[:MOST]


def looks_at(function: Any, owner: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield names that a function looks at, and their values; also those that its methods do."""
    code = getattr(function, "__code__", None)
    if code is None:
        return
    cells = zip(code.co_freevars, getattr(function, "__closure__", None) or (), strict=False)
    known = {**getattr(function, "__globals__", {}), **dict(contents(cells))}
    if owner is not MISSING:
        known[code.co_varnames[0]] = owner
    for path in looked_at(code):
        names, value = [path[0]], known.get(path[0], MISSING)
        for name in path[1:]:
            inner = getattr(value, "__dict__", {}).get(name, MISSING)
            if inner is MISSING:
                method = getattr(type(value), "__dict__", {}).get(name)
                if depth and isinstance(method, FunctionType):
                    yield from looks_at(method, value, depth - 1)
                    names.clear()
                break
            names, value = [*names, name], inner
        if len(names) > 1 or (names and path[0] in code.co_freevars):
            yield ".".join(names), value


def contents(cells: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a closure that have a value."""
    for name, cell in cells:
        try:
            yield name, cell.cell_contents
        except ValueError:  # it is assigned later
            continue


@functools.cache
def looked_at(code: CodeType) -> tuple[tuple[str, ...], ...]:
    """Return the names, and the attributes of them, that a function looks at."""
    paths: list[list[str]] = []
    follows = False
    for one in dis.get_instructions(code):
        if one.opname in FINDS:
            paths.append([str(one.argval)])
        elif one.opname in FOLLOWS and follows:
            paths[-1].append(str(one.argval))
        follows = one.opname in FINDS or (one.opname in FOLLOWS and follows)
    return tuple(dict.fromkeys(map(tuple, paths)))


def is_state(value: Any) -> bool:
    """Tell whether a value is data, not code."""
    return value is not MISSING and not callable(value)


def shown(value: Any, depth: int = 2) -> str:
    """Return a value in a few characters; nothing of the user's runs for that."""
    kind = type(value)
    if isinstance(value, enum.Enum):
        return f"{kind.__name__}.{value._name_}"
    if kind in (str, bytes, int, float, bool, type(None)):
        return shortened(repr(value[:LONGEST] if kind in (str, bytes) else value))
    if kind in (list, tuple, set, frozenset, dict) and depth:
        parts = [shown(one, depth - 1) for one in list(value)[:MOST]]
        if kind is dict:
            parts = [f"{shown(k, 0)}: {shown(value[k], depth - 1)}" for k in list(value)[:MOST]]
        more = [f"... {len(value) - MOST} more"] if len(value) > MOST else []
        left, right = "[]" if kind is list else "()" if kind is tuple else "{}"
        return shortened(f"{left}{', '.join([*parts, *more])}{right}")
    return f"<{kind.__name__}>"


def shortened(text: str) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
