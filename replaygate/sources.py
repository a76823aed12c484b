"""Finds Event Histories in files, in folders and on standard input, and counts what is none."""

import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from replaygate.sniff import may_be_a_history
from replaygate.unpack import MAX, Source

__all__ = ["Passed", "Source", "find"]

STDIN = "-"

# Files of these names are meant to be histories, or may hold some where nobody can look.
MEANT = re.compile(
    r"\.(json|binpb|pb|history)(\.\w+)?$|\.(zip|tar|tgz|zst|bz2|xz|7z|lz4)$", re.IGNORECASE
)
BEGINNING = 4096  # bytes of a file by which it is told what it is

Identity = tuple[int, int] | str  # a device and a file on it; its path if it can't be looked at


@dataclass(frozen=True)
class Passed:
    """The files in folders that are not histories."""

    kinds: tuple[tuple[str, int], ...] = ()  # suffix and count, the most frequent first

    @property
    def count(self) -> int:
        """Return how many files these are."""
        return sum(count for _, count in self.kinds)


def find(
    paths: Iterable[str], exclude: Collection[str] = (), workflow_id: str = ""
) -> tuple[list[Source], Passed]:
    """Find the histories that these paths name; a folder stands for those in it and below it.

    Nothing in a folder is passed over silently: what can't be read is a Source that will fail, and
    what is no history is counted. What is named twice counts once.

    Args:
        paths: Files, folders, and "-" for one history on standard input.
        exclude: Names or globs, relative to a folder, of what counts only if it is named itself.
        workflow_id: What the Workflow Id is if the history does not tell it.
    """
    found: dict[Identity, Source] = {}
    passed: dict[Identity, str] = {}
    for path in paths:
        if path == STDIN and STDIN not in found:
            found[STDIN] = Source(STDIN, data=_standard_input(), workflow_id=workflow_id)
        if path == STDIN:
            continue
        files = sorted(_walk(path, exclude)) if os.path.isdir(path) else [path]  # noqa: PTH112
        others = [file for file in files if file != path and not _is_meant(file)]
        passed.update((_identity(file), _kind(file)) for file in others)
        files = sorted({*files} - {*others}) or [path]  # which fails: a folder without histories
        for file in files:
            source = Source(_shown(file), _absolute(file), workflow_id=workflow_id)
            found.setdefault(_identity(file), source)
    return [*found.values()], Passed(tuple(Counter(passed.values()).most_common()))


def _walk(root: str, exclude: Collection[str]) -> Iterator[str]:
    """Yield the files in a folder and below it, and the folders that can't be read.

    Linked folders are followed, each folder once. It keeps a list, because folders may be nested
    deeper than calls.
    """
    folders = [root]
    seen = {_identity(root)}
    while folders:
        folder = folders.pop()
        try:
            names = sorted(os.listdir(folder), reverse=True)  # noqa: PTH208
        except OSError:
            yield folder
            continue
        for path in (os.path.join(folder, name) for name in names):  # noqa: PTH118
            if _is_excluded(path, root, exclude):
                continue
            if not os.path.isdir(path):  # noqa: PTH112
                yield path
            elif (identity := _identity(path)) not in seen:
                seen.add(identity)
                folders.append(path)


def _is_excluded(path: str, root: str, exclude: Collection[str]) -> bool:
    """Tell whether a name, the path below the folder, or the path as shown, is left out."""
    names = {os.path.basename(path), os.path.relpath(path, root), _shown(path)}  # noqa: PTH119
    return any(
        fnmatchcase(name.replace(os.sep, "/"), pattern.strip("/"))
        for pattern in exclude
        for name in names
    )


def _is_meant(path: str) -> bool:
    """Tell whether a file in a folder is a history or should be; what can't be read may be one."""
    if MEANT.search(path):
        return True
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return True
        with open(path, "rb") as file:  # noqa: PTH123
            return may_be_a_history(file.read(BEGINNING))
    except OSError:
        return True


def _kind(path: str) -> str:
    """Return the suffix by which a file is counted, or the name of a file like .gitignore."""
    name = Path(path).name
    return Path(path).suffix.lower() or (name if name.startswith(".") else "without suffix")


def _identity(path: str) -> Identity:
    """Return what tells a file from others, by whatever name or link it is reached."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return path
    return status.st_dev, status.st_ino


def _shown(path: str) -> str:
    """Return a path as a person in the current folder would write it."""
    return re.sub(r"^(\./+)+", "", path.removeprefix(f"{_folder()}{os.sep}"))


def _absolute(path: str) -> str:
    """Return a path that stays right if code that is imported changes the current folder."""
    return os.path.join(_folder(), path)  # noqa: PTH118


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:  # it was removed
        return ""


def _standard_input() -> bytes:
    """Read what is piped in, and no more than is taken."""
    try:
        return sys.stdin.buffer.read(MAX + 1) if sys.stdin else b""
    except OSError:  # it is a folder, for one
        return b""
