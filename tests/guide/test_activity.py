"""The Activity Definition, without any server."""

import logging

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from ssntraceactivity import ssn_trace_activity


@pytest.mark.parametrize(
    "ssn",
    [
        pytest.param("555-55-5555", id="sample"),
        pytest.param("000-00-0000", id="never-issued"),
        pytest.param("", id="empty"),
        pytest.param("no number at all", id="words"),
        pytest.param("\N{ARABIC-INDIC DIGIT ZERO}00-00-0001", id="other-digits"),
    ],
)
async def test_any_string_passes(ssn: str) -> None:
    """The trace returns pass for any string."""
    assert await ActivityEnvironment().run(ssn_trace_activity, ssn) == "pass"


async def test_the_ssn_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The trace logs no SSN, at any level."""
    caplog.set_level(logging.DEBUG)
    await ActivityEnvironment().run(ssn_trace_activity, "000-12-3456")
    assert "000-12-3456" not in caplog.text


def test_the_name_is_the_guides() -> None:
    """The Activity Type is ssn_trace_activity: it stands in every Event History."""
    definition = activity._Definition.must_from_callable(ssn_trace_activity)
    assert definition.name == "ssn_trace_activity"
