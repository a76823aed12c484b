"""The modules of which lines ran, with the lines that can run."""

import linecache
from collections.abc import Iterator
from types import CodeType

from replaygate import frames
from replaygate.closely.closeup import CloseWitness
from replaygate.explain.explanation import File

LARGEST = 200_000  # characters of a module that is shown


def files(witness: CloseWitness) -> Iterator[File]:
    """Yield the modules of which lines ran, the one of the Workflow first."""
    ran = dict.fromkeys(file for step in witness.steps for file, _ in step.lines.ran)
    for file in sorted(ran, key=lambda file: file != witness.follower.home):
        text = "".join(linecache.getlines(file))
        yield File(frames.relative(file), text[:LARGEST], tuple(sorted(lines_of_code(text, file))))


def lines_of_code(text: str, file: str) -> set[int]:
    """Return the lines of a module that can run."""
    try:
        codes = [compile(text, file, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return set()
    found: set[int] = set()
    while codes:
        code = codes.pop()
        found.update(line for _, _, line in code.co_lines() if line)
        codes.extend(inner for inner in code.co_consts if isinstance(inner, CodeType))
    return found
