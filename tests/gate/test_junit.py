"""The JUnit XML of a run."""

from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaygate.outputs.render import diagnosis, junit
from replaygate.report import Report
from replaygate.verdict import Outcome
from tests.support.verdicts import EVERY_KIND, incompatible, saying


def cases(report: Report) -> dict[str, Element]:
    """Return the test cases by name."""
    return {case.attrib["name"]: case for case in fromstring(junit(report)).iter("testcase")}


@pytest.mark.parametrize(
    ("name", "element"),
    [
        pytest.param("timer.json", "failure", id="incompatible"),
        pytest.param("notes.json", "error", id="unverified"),
        pytest.param("begun.json", "skipped", id="not-begun"),
        pytest.param("gone", "skipped", id="gone"),
        pytest.param("stuck.json", "system-out", id="stuck"),
        pytest.param("the run", "error", id="error-of-the-run"),
        pytest.param("a.json", None, id="replays"),
    ],
)
def test_cases(name: str, element: str | None) -> None:
    """Each history is a test case that says by one element what came of it."""
    assert [child.tag for child in cases(EVERY_KIND)[name]] == ([element] if element else [])


def test_failure() -> None:
    """A failure names the line of code, the reason as message, the diagnosis as text."""
    verdict = incompatible("timer.json")
    case = cases(Report((verdict,)))["timer.json"]
    expected = {"classname": "Greeting", "name": "timer.json", "file": "flows.py", "line": "25"}
    assert case.attrib == expected | {"time": "0"}
    assert case[0].attrib == {"type": "incompatible", "message": verdict.reason}
    assert case[0].text == diagnosis(verdict)


def test_numbers() -> None:
    """The suite's numbers are those of its elements."""
    suites = fromstring(junit(EVERY_KIND))
    (suite,) = suites
    assert suites.attrib.items() <= suite.attrib.items()
    assert suite.attrib["time"] == "1.250"
    for number, element in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
        assert int(suite.attrib[number]) == len([*suite.iter(element)])
    assert int(suite.attrib["tests"]) == len([*suite.iter("testcase")]) == 10


def test_red_where_the_gate_is() -> None:
    """The document has a failure or an error exactly where the exit status is not 0."""
    assert fromstring(junit(Report())).attrib["errors"] == "1"


@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(Outcome))
@settings(deadline=None, max_examples=200)
def test_any_text(text: str, outcome: Outcome) -> None:
    """The document is well-formed UTF-8 whatever the texts hold."""
    report = Report((saying(text, outcome),), errors=(text,))
    assert len([*fromstring(junit(report).encode()).iter("testcase")]) == 1 + len(report.problems)
