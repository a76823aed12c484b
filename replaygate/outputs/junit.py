"""Lays out a run as JUnit XML, which build services and editors show as test results."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from replaygate.outputs.columns import diagnosis, remark
from replaygate.plain import plain
from replaygate.report import Report, innermost
from replaygate.verdict import Outcome, Verdict

SUITE = "replaygate"
FAILURES = {Outcome.INCOMPATIBLE: "failure", Outcome.UNVERIFIED: "error"}
SKIPPED = {
    Outcome.NOT_BEGUN: "no Workflow Task was completed, so no code can break it",
    Outcome.GONE: "deleted before it was fetched",
}


def junit(report: Report) -> str:
    """Return the document: a test case for each history, and one for each error of the run.

    There is no standard; https://github.com/testmoapp/junitxml describes what is usual. XML can't
    hold control characters, not even escaped, but plain text has none.
    """
    count = report.counts
    numbers = {
        "tests": str(sum(count.values()) + len(report.problems) + len(report.notes)),
        "failures": str(count[Outcome.INCOMPATIBLE]),
        "errors": str(count[Outcome.UNVERIFIED] + len(report.problems)),
        "time": f"{report.seconds:.3f}",
    }
    skipped = str(sum(count[outcome] for outcome in SKIPPED))  # schemas know it here only
    suites = Element("testsuites", numbers)
    suite = SubElement(suites, "testsuite", {"name": SUITE, **numbers, "skipped": skipped})
    suite.extend(case_of(verdict) for verdict in report.verdicts)
    suite.extend(case_of_problem(problem) for problem in report.problems)
    suite.extend(case_of_note(note) for note in report.notes)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def case_of(verdict: Verdict) -> Element:
    """Return the test case of one history."""
    case = case_named(verdict.workflow_type or SUITE, verdict.name)
    if frame := innermost(verdict):
        case.attrib |= {"file": plain(frame.file), "line": str(frame.line)}
    if element := FAILURES.get(verdict.outcome):
        kind = {"type": verdict.outcome.value, "message": remark(verdict)}
        SubElement(case, element, kind).text = diagnosis(verdict)
    elif why := SKIPPED.get(verdict.outcome):
        SubElement(case, "skipped", {"message": plain(verdict.reason) or why})
    elif words := remark(verdict):
        SubElement(case, "system-out").text = words
    return case


def case_of_problem(problem: str) -> Element:
    """Return the test case of what went wrong with the run itself."""
    case = case_named(SUITE, "the run")
    SubElement(case, "error", {"type": "run", "message": plain(problem)}).text = plain(problem)
    return case


def case_of_note(note: str) -> Element:
    """Return a test case that tells what was covered: a suite without any is an error to some."""
    case = case_named(SUITE, "what was covered")
    SubElement(case, "system-out").text = plain(note)
    return case


def case_named(classname: str, name: str) -> Element:
    """Return an empty test case. How long one took is not measured, but some readers want it."""
    return Element("testcase", {"classname": plain(classname), "name": plain(name), "time": "0"})
