"""docs/claims.md: every claim of the guide has its test, and `make test` runs that test."""

import re
import subprocess
import sys

from tests.support.programs import ROOT

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


def test_every_claim_is_there() -> None:
    """The table has a row for each claim, in order."""
    assert list(CLAIMED) == list(range(1, 54))


def test_claims_have_their_tests() -> None:
    """Each test named in a claim's row says that it asserts it; `make test` runs one at least.

    That one is never skipped.
    """
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    collected = set(re.findall(r"^tests/(\w+/test_\w+\.py::\w+)", said, re.MULTILINE))
    for number, tests in CLAIMED.items():
        running = []
        for test in tests:
            source = found(test)
            assert source, f"docs/claims.md, claim {number}: there is no {test}"
            assert number in claims_of(source), f"{test} does not say 'Claims: {number}'"
            if test in collected and not MAY_SKIP.search(source):
                running.append(test)
        assert running, f"docs/claims.md, claim {number}: `make test` runs none of its tests"
