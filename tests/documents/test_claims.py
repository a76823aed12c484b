"""docs/claims.md: every claim of the guide has its test, and `make test` runs that test."""

import re
import subprocess
import sys

import pytest

from tests.support.programs import ROOT

NUMBERS = range(1, 54)
ROW = re.compile(r"^\| (\d+) \| .+ \| (`.+`) \|$", re.MULTILINE)
CLAIMED = {
    int(number): re.findall(r"`(.+?)`", tests)
    for number, tests in ROW.findall((ROOT / "docs" / "claims.md").read_text(encoding="utf-8"))
}
MAY_SKIP = re.compile(r"pytest\.(mark\.(skip|xfail)|skip|xfail|importorskip)\b")


def found(test: str) -> str:
    """The source of the test that an id like ``guide/test_events.py::test_x`` names."""
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    source = path.read_text(encoding="utf-8") if path.exists() else ""
    return next((part for part in source.split("\n\n\n") if f"def {name}(" in part), "")


def claims_of(source: str) -> set[int]:
    """The numbers on the line ``Claims:`` of a test's docstring."""
    line = re.search(r"^    Claims: (.*)", source, re.MULTILINE)
    ranges = re.findall(r"(\d+)(?:-(\d+))?", line[1] if line else "")
    return {n for first, last in ranges for n in range(int(first), int(last or first) + 1)}


@pytest.fixture(scope="module")
def collected(request: pytest.FixtureRequest) -> set[str]:
    """The tests that `make test` runs: these, unless this is a run of a part, or of more."""
    asked = request.config.option
    if asked.markexpr in request.config.getini("addopts") and not asked.keyword:
        tests = {named(item.nodeid) for item in request.session.items}
        if all(tests.intersection(claimed) for claimed in CLAIMED.values()):
            return tests
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {named(line) for line in said.splitlines()}


def named(nodeid: str) -> str:
    """Return how the table names a test."""
    return nodeid.removeprefix("tests/").partition("[")[0]


def test_every_claim_is_there() -> None:
    """The table has a row for each claim, in order."""
    assert list(CLAIMED) == list(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_claim_has_its_tests(number: int, collected: set[str]) -> None:
    """Each test named in a claim's row says that it asserts it; `make test` runs one at least.

    That one is never skipped.
    """
    running = []
    for test in CLAIMED[number]:
        source = found(test)
        assert source, f"docs/claims.md, claim {number}: there is no {test}"
        assert number in claims_of(source), f"{test} does not say 'Claims: {number}'"
        if test in collected and not MAY_SKIP.search(source):
            running.append(test)
    assert running, f"docs/claims.md, claim {number}: `make test` runs none of its tests"
