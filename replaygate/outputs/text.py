"""Lays out what a person reads: the lines that end a run, and above them each diagnosis."""

import itertools
import operator
from collections.abc import Iterator, Sequence

from replaygate.outputs.columns import EXAMPLES, remark
from replaygate.plain import more, plain
from replaygate.report import Group, Report
from replaygate.verdict import Outcome


def text(report: Report) -> str:
    """Return the last lines of a run: failures, what is remarkable, what went wrong, the sum."""
    noted = (verdict for verdict in report.verdicts if verdict.outcome is Outcome.REPLAYS)
    remarks = ((plain(verdict.name), remark(verdict)) for verdict in noted)
    return "\n".join(
        [
            *itertools.chain.from_iterable(map(failures, report.groups)),
            *(f"{name}: {words}" for name, words in remarks if words),
            *map(plain, report.problems),
            *filter(None, [plain(report.passed_over)]),
            *map(plain, report.notes),
            summary(report),
        ]
    )


def failures(group: Group) -> Iterator[str]:
    """Yield a line for each of the first failures of a group, and one for all others."""
    named = group.verdicts[:EXAMPLES]
    for verdict in named:
        yield f"{plain(verdict.name)}: {remark(verdict)}"
    if left := group.count - len(named):
        yield more(left, "like it")


def passed_over(kinds: Sequence[tuple[str, int]]) -> str:
    """Return how many files in folders are no histories, and of which kinds they are."""
    count = sum(number for _, number in kinds)
    listed = ", ".join(f"{number:,} {kind}" for kind, number in kinds)
    files = "1 file is no history" if count == 1 else f"{count:,} files are no histories"
    return f"{files}: {listed}" if count else ""


def summary(report: Report) -> str:
    """Return how many came to what, as "19 replay, 0 incompatible, 0 not verified (0.4 s)"."""
    words = ", ".join(f"{count:,} {word}" for count, word in tally(report))
    stuck = f"; {report.stuck:,} of them still stuck" if report.stuck else ""
    return f"{words}{stuck} ({report.seconds:.1f} s)"


def tally(report: Report) -> list[tuple[int, str]]:
    """Return the counts with their words; what is rare is left out where there is none."""
    count = report.counts
    rare = [(count[Outcome.NOT_BEGUN], "not begun"), (count[Outcome.GONE], "gone")]
    return [
        (count[Outcome.REPLAYS], "replay"),
        (count[Outcome.INCOMPATIBLE], "incompatible"),
        (count[Outcome.UNVERIFIED], "not verified"),
        *filter(operator.itemgetter(0), rare),
    ]
