"""A test of some recordings becomes one test for each of them."""

import pytest

from tests.recordings.scenarios import RECORDINGS


def those(**fields: object) -> pytest.MarkDecorator:
    """Parametrize a test with the recordings whose scenario has these fields; all, without."""
    chosen = [
        recording
        for recording in RECORDINGS.values()
        if all(getattr(recording.scenario, name) == value for name, value in fields.items())
    ]
    return pytest.mark.parametrize("recording", chosen, ids=lambda recording: recording.name)
