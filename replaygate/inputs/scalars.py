"""Converts single values from JSON, those that read in one way only."""

import re
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
LENGTH = re.compile(r"(\d{1,11})(?:\.(\d{1,9}))?s", re.ASCII)
EPOCH = datetime(1970, 1, 1)  # both sides of the difference are UTC


class Unsure(Exception):
    """This is for the SDK to convert, or to refuse."""


def unsure(given: Any, depth: int) -> Any:
    """Leave a value to the SDK."""
    raise Unsure


def text(given: Any, depth: int) -> str:
    """Take a string; protobuf itself refuses half a surrogate pair."""
    if type(given) is not str:
        raise Unsure
    return given


def integer(given: Any, depth: int) -> int:
    """Take a number, or the digits of one."""
    if type(given) is int:
        return given
    if type(given) is not str or not given.removeprefix("-").isdigit():
        raise Unsure
    return int(given)


def number(given: Any, depth: int) -> float:
    """Take a number that any float can hold."""
    if type(given) not in (int, float) or not -1e38 < given < 1e38:
        raise Unsure
    return float(given)


def truth(given: Any, depth: int) -> bool:
    """Take true or false."""
    if type(given) is not bool:
        raise Unsure
    return given


def data(given: Any, depth: int) -> bytes:
    """Decode whole base64 of the usual alphabet."""
    if type(given) is not str or len(given) % 4 or "-" in given or "_" in given:
        raise Unsure
    return a2b_base64(given)


def enum(numbers: Mapping[str, int], given: Any, depth: int) -> int:
    """Take a number, or a whole name, as today's servers write it."""
    if type(given) is int:
        return given
    if type(given) is not str or given not in numbers:
        raise Unsure
    return numbers[given]


def timestamp(given: Any, depth: int) -> dict[str, int]:
    """Read a time in UTC."""
    if type(given) is not str or not (parts := TIME.fullmatch(given)):
        raise Unsure
    since = datetime.fromisoformat(parts[1]) - EPOCH
    return {"seconds": since.days * 86_400 + since.seconds, "nanos": nanos(parts[2])}


def duration(given: Any, depth: int) -> dict[str, int]:
    """Read a length of time, which is not negative."""
    if type(given) is not str or not (parts := LENGTH.fullmatch(given)):
        raise Unsure
    return {"seconds": int(parts[1]), "nanos": nanos(parts[2])}


def nanos(fraction: str | None) -> int:
    """Read what stands behind the point of a number of seconds."""
    return int(fraction.ljust(9, "0")) if fraction else 0


SCALARS: dict[int, Callable[[Any, int], Any]] = {
    FieldDescriptor.TYPE_STRING: text,
    FieldDescriptor.TYPE_BYTES: data,
    FieldDescriptor.TYPE_BOOL: truth,
    FieldDescriptor.TYPE_DOUBLE: number,
    FieldDescriptor.TYPE_FLOAT: number,
    FieldDescriptor.TYPE_INT32: integer,
    FieldDescriptor.TYPE_INT64: integer,
    FieldDescriptor.TYPE_UINT32: integer,
    FieldDescriptor.TYPE_UINT64: integer,
}
