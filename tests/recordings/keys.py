"""Encryption keys for tests. They are public, so they protect nothing: never use them elsewhere."""

from base64 import b64encode

TEST_KEY = "test-only:" + b64encode(b"this test key is known to anyone").decode()
NEW_KEY = "new-test-only:" + b64encode(b"and so is this one: also no good").decode()
NAMESAKE = "test-only:" + b64encode(b"the same id, but a different key").decode()
