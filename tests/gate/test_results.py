"""Results are compared as values."""

from typing import Any

import pytest

from replaygate.replay.results import is_equal


@pytest.mark.parametrize("value", [1, True, {"a": [1, {"b": False}]}, None])
def test_the_same(value: Any) -> None:
    """What is the same is equal, however deep it lies."""
    assert is_equal(value, value)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        pytest.param(1, True, id="alone"),
        pytest.param([1, 0], [1, False], id="in-a-list"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": True}}, id="in-an-object"),
        pytest.param([1], [1, 1], id="longer"),
        pytest.param({"a": 1}, {"b": 1}, id="another-key"),
    ],
)
def test_true_is_not_one(then: Any, now: Any) -> None:
    """JSON tells true from 1, also where no type is declared."""
    assert not is_equal(then, now)


def test_a_number_is_one_however_it_is_written() -> None:
    """1 and 1.0 are the same number."""
    assert is_equal({"a": 1}, {"a": 1.0})
