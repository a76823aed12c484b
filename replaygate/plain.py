"""Makes text harmless. All that comes from a history, a file name or the SDK goes through here."""

import re
from collections.abc import Sequence
from typing import TypeVar

LIMIT = 500  # characters of a field
ENDS = 10  # frames or lines that are shown from each end of many
INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters and marks that show nothing
# Lines that a build service obeys: GitHub takes "::" after any spaces and "##[" anywhere for a
# command, Azure Pipelines "##vso[", TeamCity "##teamcity[".
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
OBEYED = re.compile(r"^ *:|#(?=#\w*\[)")
UNSEEN = re.compile(f"[{INVISIBLE}]")
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

T = TypeVar("T")


def plain(text: str, limit: int = LIMIT) -> str:
    r"""Return the text as one printable line of at most ``limit`` characters.

    What Python does not call printable (controls, bidirectional and zero-width characters, line
    separators, surrogates, unassigned characters) is shown escaped, as ``\x1b``. Of a longer text
    the first and the last part remain, and "…" between. Plain text stays as it is.
    """
    if len(text) > 2 * limit:  # so that a huge text costs no more than a long one
        text = text[:limit] + text[-limit:]
    if not text.isprintable() or UNSEEN.search(text):
        text = "".join(map(visible, text))
    text = OBEYED.sub(lambda sign: f"{sign[0][:-1]}\\x{ord(sign[0][-1]):02x}", text)
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 3
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def visible(char: str) -> str:
    """Return the character, or an escape where nobody would see it."""
    if char.isprintable() and char not in INVISIBLE:
        return char
    if char in SHORT:
        return SHORT[char]
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def plain_lines(text: str) -> list[str]:
    """Return the lines of a longer text, each of them plain; of many, those at both ends."""
    lines = text.splitlines()
    return [plain(line) for line in ends(lines, more(len(lines) - 2 * ENDS, "lines"))]


def more(count: int, of_what: str) -> str:
    """Say how many are not shown."""
    return f"... and {count:,} more {of_what}"


def ends(values: Sequence[T], between: T | None = None) -> list[T]:
    """Return the values, or the first and the last ten of many with ``between`` between."""
    if len(values) <= 2 * ENDS:
        return [*values]
    middle = [] if between is None else [between]
    return [*values[:ENDS], *middle, *values[-ENDS:]]
