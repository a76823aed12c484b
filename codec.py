"""Payload encryption (AES-256-GCM): what the Temporal Service keeps, it can't read.

`python codec.py new-key` prints a key for BACKGROUNDCHECK_ENCRYPTION_KEYS in .env, a list with
commas: the first key encrypts, all decrypt. SECURITY.md tells how to change keys.
"""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parent))  # which python -P leaves out
    from plumbing import onset  # noqa: F401

import base64
import os
import re
from collections.abc import Sequence
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio import converter
from temporalio.api.common.v1 import Payload

from program import Mistake, Parser

VARIABLE = "BACKGROUNDCHECK_ENCRYPTION_KEYS"
KEY = re.compile(r"\s*([\w.-]+):([A-Za-z0-9+/]{43}=)\s*", re.ASCII)  # 32 bytes
ENCODING, KEY_ID, ENCRYPTED = "encoding", "encryption-key-id", b"binary/encrypted"
NONCE = 12  # bytes; random, so a key serves 2**32 payloads: NIST SP 800-38D, section 8.3


class Unreadable(Mistake):
    """A payload that no key of ours opens. Its text is one line and quotes neither."""


class EncryptionCodec(converter.PayloadCodec):
    """Encrypts with the first key, decrypts with any; what is not encrypted passes.

    The encoding and the key's id are authenticated. The Execution a payload belongs to is not: a
    downloaded history must replay under any id.
    """

    def __init__(self, keys: str) -> None:
        """Take ``key-id:base64,...``, or nothing. Raises Mistake, which quotes no key."""
        self._keys: dict[bytes, AESGCM] = {}
        for number, entry in enumerate(keys.split(",") if keys.strip() else [], start=1):
            if not (match := KEY.fullmatch(entry)):
                raise Mistake(f"{VARIABLE}: key {number} is not key-id:base64 of 32 bytes.")
            if (name := match[1].encode()) in self._keys:
                raise Mistake(f"{VARIABLE}: key {number} has the id of an earlier one.")
            self._keys[name] = AESGCM(base64.b64decode(match[2]))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Put each payload, metadata included, encrypted into a new one."""
        return [self._encrypted(payload) for payload in payloads] if self._keys else [*payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Take the original payloads out again. Raises Unreadable."""
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        name, key = next(iter(self._keys.items()))
        nonce = os.urandom(NONCE)
        data = key.encrypt(nonce, payload.SerializeToString(), ENCRYPTED + b":" + name)
        return Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: name}, data=nonce + data)

    def _decrypted(self, payload: Payload) -> Payload:
        encoding, name = (payload.metadata.get(field, b"") for field in (ENCODING, KEY_ID))
        if encoding != ENCRYPTED and not name:
            return payload
        nonce, data = payload.data[:NONCE], payload.data[NONCE:]
        try:
            return Payload.FromString(self._keys[name].decrypt(nonce, data, encoding + b":" + name))
        except KeyError:
            why = "that key is missing"
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            why = "it was altered, or the key of that id is another one"
        label = ascii(name.decode(errors="replace"))
        raise Unreadable(f"Can't decrypt a payload, key id {label}: {why}. Check {VARIABLE}.")


def data_converter(keys: str) -> converter.DataConverter:
    """Return the SDK's converter; with keys it encrypts failures, too. Raises Mistake."""
    plain = replace(converter.default(), payload_codec=EncryptionCodec(keys))
    encoding = converter.DefaultFailureConverterWithEncodedAttributes
    return replace(plain, failure_converter_class=encoding) if keys.strip() else plain


if __name__ == "__main__":
    parser = Parser(description=__doc__)
    parser.add_argument("command", choices=["new-key"])
    parser.parse_args()
    print(f"{os.urandom(4).hex()}:{base64.b64encode(os.urandom(32)).decode()}")
