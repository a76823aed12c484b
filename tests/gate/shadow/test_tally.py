"""The tally: exact counts, of bounded size."""

import json
from dataclasses import asdict, replace

from temporalio.converter import value_to_type

from replaygate.report import Report
from replaygate.shadow.request import Account, Request
from replaygate.shadow.summary import report_of
from replaygate.shadow.tally import EXAMPLES, MORE, MOST, Tally
from replaygate.verdict import Outcome, Verdict
from tests.support.verdicts import EVERY_KIND, HUGE, SLEEP_REMOVED, incompatible, replays, saying

MANY = 10


def tally_of(report: Report) -> Tally:
    """Count all verdicts of a report."""
    tally = Tally()
    for verdict in report.verdicts:
        tally.add(verdict)
    return tally


def test_a_report_of_the_tally() -> None:
    """Added up in two parts and sent through a payload, it says what the verdicts say."""
    whole = Tally()
    for part in (EVERY_KIND.verdicts[:4], EVERY_KIND.verdicts[4:]):
        sent = json.loads(json.dumps(asdict(tally_of(Report(part)))))
        whole.merge(value_to_type(Tally, sent))
    report = Report(totals=whole.totals())
    assert report.counts == EVERY_KIND.counts
    assert report.stuck == EVERY_KIND.stuck
    assert [(group.key, group.count) for group in report.groups] == [
        (group.key, group.count) for group in EVERY_KIND.groups
    ]
    assert report.groups[0].verdicts[0].diagnosis == EVERY_KIND.groups[0].verdicts[0].diagnosis


def test_a_group_is_counted() -> None:
    """Of a group the first few are kept, one of them with its diagnosis, and all are counted."""
    tally = tally_of(Report(tuple(incompatible(f"{each}.json") for each in range(MANY))))
    (group,) = tally.totals().groups
    assert (group.count, len(group.verdicts)) == (MANY, EXAMPLES)
    assert [bool(verdict.diagnosis) for verdict in group.verdicts] == [True, False, False]
    assert tally.incompatible == 1


def test_its_size() -> None:
    """However many kinds of failure there are and however long their texts, it fits a payload."""
    tally = Tally()
    for number in range(2 * MOST):
        verdict = replace(saying(HUGE), workflow_type=f"Type{number}", outcome=Outcome.INCOMPATIBLE)
        tally.add(verdict)
    assert len(json.dumps(asdict(tally))) < 400_000
    assert tally.counts[Outcome.INCOMPATIBLE] == 2 * MOST
    assert tally.groups[-1].key[2] == MORE
    assert sum(kind.count for kind in tally.groups) == 2 * MOST
    assert SLEEP_REMOVED.event_id


def test_a_file_in_which_nothing_has_begun() -> None:
    """It makes a shadow red, as it makes a check red; an Execution that waits does not."""
    file = Verdict("cut.json", Outcome.NOT_BEGUN, "no Workflow Task was completed")
    for verdict, status in (file, 2), (replace(file, reason=""), 0):
        tally = tally_of(Report((replays(), verdict)))
        tally.merge(tally_of(Report((verdict,))))
        assert report_of(Account(tally=tally), Request(paths=["."])).status == status
        assert Report((replays(), verdict)).status == status
