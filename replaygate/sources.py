"""Finds Event Histories in files, folders and standard input, and counts what is none."""

import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from replaygate.formats import looks_like_a_history
from replaygate.unpack import MAX, Source

__all__ = ["Passed", "Source", "find"]

STDIN = "-"

# Files of these names are meant to be histories, whatever they hold.
MEANT = re.compile(r"\.(json|binpb|pb|history)(\.gz)?$", re.IGNORECASE)

Identity = tuple[int, int]  # a device, and a file on it


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

    Nothing in a folder is passed over silently: what can't be read, or looked at, is a Source that
    will fail, and what is no history is counted. ``exclude`` holds names and globs of files and
    folders, relative to a folder that is searched. What is named twice counts once.
    """
    search = _Search(exclude)
    for path in paths:
        if path == STDIN:
            search.add(STDIN, (0, 0), _standard_input())
        else:
            search.named(path)
    ...
