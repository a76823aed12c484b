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

from replaygate.inputs.sniff import may_be_a_history
from replaygate.inputs.unpack import MAX, Source

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
    here = _current_folder()
    for path in paths:
        if path == STDIN:
            if STDIN not in found:
                found[STDIN] = Source(STDIN, data=_standard_input(), workflow_id=workflow_id)
            continue
        inside = list(_walk(path, exclude, here)) if _is_folder(path) else []
        meant = sorted(file for file in inside if _is_meant(file))
        passed.update((_identity(file), _kind(file)) for file in {*inside} - {*meant})
        for file in meant or [path]:  # a folder without histories will fail
            # The path has to stay right if code that is imported changes the current folder.
            source = Source(_shown(file, here), str(Path(here, file)), workflow_id=workflow_id)
            found.setdefault(_identity(file), source)
    return [*found.values()], Passed(tuple(Counter(passed.values()).most_common()))


def _walk(root: str, exclude: Collection[str], here: str) -> Iterator[str]:
    """Yield the files in a folder and below it, and the folders that can't be read.

    Linked folders are followed, each folder once. It keeps a list, because folders may be nested
    deeper than calls.
    """
    folders = [root]
    seen = {_identity(root)}
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                inside = sorted(entry.path for entry in entries)
        except OSError:
            yield folder
            continue
        for path in inside:
            if _is_excluded(path, root, exclude, here):
                continue
            if not _is_folder(path):
                yield path
            elif (identity := _identity(path)) not in seen:
                seen.add(identity)
                folders.append(path)


def _is_excluded(path: str, root: str, exclude: Collection[str], here: str) -> bool:
    """Tell whether a name, the path below the folder, or the path as shown, is left out."""
    below = path.removeprefix(root).lstrip(os.sep)
    names = [name.replace(os.sep, "/") for name in (below, Path(path).name, _shown(path, here))]
    return any(fnmatchcase(name, pattern.strip("/")) for pattern in exclude for name in names)


def _is_meant(path: str) -> bool:
    """Tell whether a file in a folder is a history or should be; what can't be read may be one."""
    if MEANT.search(path):
        return True
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return True
        with Path(path).open("rb") as file:
            return may_be_a_history(file.read(BEGINNING))
    except OSError:
        return True


def _kind(path: str) -> str:
    """Return the suffix by which a file is counted, or the name of a file like .gitignore."""
    file = Path(path)
    return file.suffix.lower() or (file.name if file.name.startswith(".") else "without suffix")


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def _identity(path: str) -> Identity:
    """Return what tells a file from others, by whatever name or link it is reached."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return path
    return status.st_dev, status.st_ino


def _shown(path: str, here: str) -> str:
    """Return a path as a person in the current folder would write it."""
    return re.sub(r"^(\./+)+", "", path.removeprefix(f"{here}{os.sep}"))


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""


def _standard_input() -> bytes:
    """Read what is piped in, and no more than is taken."""
    try:
        return sys.stdin.buffer.read(MAX + 1) if sys.stdin else b""
    except OSError:  # it is a folder, for one
        return b""
