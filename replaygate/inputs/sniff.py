"""Tells by the first bytes of a file whether it may be an Event History."""

import json
import re
import zlib

from replaygate.inputs.unpack import GZIP

# A binary message begins with its field 1. That is an Event in a History, a History in an answer
# of the Service, such an answer in an export; and an Event begins with its number.
BINARY = re.compile(rb"(\n[\x80-\xff]{0,4}[\x00-\x7f]){1,3}\x08")
NESTED = re.compile(rb"\n[\x80-\xff]{0,4}[\x00-\x7f]")

TEXT = re.compile(r"\s*[\[{].*\"(events|history|eventId|event_id|rawHistory)\"", re.DOTALL)


def binary_level(data: bytes) -> int:
    """Return how deep the Events are in a binary message, or 0 if it holds none.

    That is 1 in a History, 2 in an answer of the Service, 3 in an export.
    """
    begin = BINARY.match(data)
    return len(NESTED.findall(begin[0])) if begin else 0


def may_be_a_history(data: bytes) -> bool:
    """Tell whether what begins like this is an Event History, packed with gzip or not."""
    if data.startswith(GZIP):
        try:
            data = zlib.decompressobj(wbits=31).decompress(data, len(data))
        except zlib.error:
            return True  # nobody can tell
    text = data.decode(json.detect_encoding(data), errors="replace")
    return bool(binary_level(data) or TEXT.match(text))
