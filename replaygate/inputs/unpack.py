"""Where an Event History is, and its bytes: read and unpacked with every size counted."""

import gzip
import io
import os
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

# Temporal ends a Workflow Execution at 50 MB of history, which is less than this as JSON:
# https://docs.temporal.io/cloud/limits#per-workflow-execution-event-history-limits
MAX = 80_000_000  # bytes, packed and unpacked

TOO_LARGE = f"it is larger than any Event History ({MAX:,} bytes)"

GZIP = b"\x1f\x8b"
MEMBER = b"\x1f\x8b\x08"  # so each member of a gzip file begins
LAYERS = 2  # gzip in gzip, as a pipeline makes that packs what was packed before
MEMBERS = 10_000  # of one gzip file; each costs time, even if it is empty

# How other packed files begin, and what they are. They are refused, not unpacked.
PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"(\xb5/\xfd": "packed with zstd",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ\x00": "packed with xz",
    b"7z\xbc\xaf'\x1c": "a 7z archive",
    b"\x04\x22M\x18": "packed with lz4",
    b"PAR1": "a Parquet file",
}
TAR = slice(257, 262)  # where a tar archive says "ustar"


class NotAHistory(ValueError):
    """One line: why it is no Event History, or why a replay of it would prove nothing."""


@dataclass(frozen=True)
class Source:
    """Where one or more Event Histories are: a file, or the bytes themselves.

    Text and bytes only, because it travels between processes.
    """

    name: str  # as a person would write it: relative to the current folder, or "-"
    path: str = ""  # the file, if it is one
    data: bytes = b""  # else what it holds
    workflow_id: str = ""  # what --workflow-id names, or the Temporal Service told
    from_service: bool = False  # fetched: nobody cut it off
    skip: int = 0  # histories in it that have had their verdict already


def contents(source: Source) -> bytes:
    """Return what a Source holds, unpacked if it was packed with gzip.

    Raises:
        NotAHistory: It can't be read, is packed otherwise, or is larger than any Event History.
    """
    data = _read(source.path) if source.path else source.data
    if len(data) > MAX:
        raise NotAHistory(TOO_LARGE)
    for _ in range(LAYERS):
        if data.startswith(GZIP):
            data = _unpacked(data)
    if packed := packed_as(data):
        raise NotAHistory(f"it is {packed}: unpack it")
    return data


def packed_as(data: bytes) -> str:
    """Say in what way this is packed that is not unpacked here; empty if it isn't."""
    if data[TAR] == b"ustar":
        return "a tar archive"
    return next((kind for magic, kind in PACKED.items() if data.startswith(magic)), "")


def _read(path: str) -> bytes:
    """Read a regular file, and no more of it than is taken."""
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path):  # which tells whether it may be read at all
                raise NotAHistory("it is a folder without Event Histories")
        if not stat.S_ISREG(status.st_mode):
            raise NotAHistory("it is not a regular file")
        if status.st_size > MAX:
            raise NotAHistory(TOO_LARGE)
        with Path(path).open("rb") as file:
            return file.read(MAX + 1)
    except NotAHistory:
        raise
    except OSError as error:
        raise NotAHistory(f"it can't be read: {error.strerror}") from None
    except ValueError as error:  # a path that no file can have
        raise NotAHistory(f"it can't be read: {error}") from None


def _unpacked(data: bytes) -> bytes:
    """Unpack gzip, of any number of members, to no more than is taken."""
    if data.count(MEMBER) > MEMBERS:
        raise NotAHistory(f"it is gzip of more than {MEMBERS:,} members")
    try:
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX + 1)
    except EOFError:
        raise NotAHistory("it is gzip that was cut off") from None
    except (OSError, zlib.error) as error:
        raise NotAHistory(f"it is damaged gzip: {error}") from None
    if len(unpacked) > MAX:
        raise NotAHistory(f"it unpacks to more than any Event History ({MAX:,} bytes)")
    return unpacked
