"""Makes the report of the gate out of what a shadow has come to."""

from datetime import UTC, datetime

from replaygate.report import Report
from replaygate.shadow.request import Account, Request
from replaygate.shadow.tally import Tally
from replaygate.verdict import Outcome

NAMED = 10  # Workflow types in a note


def report_of(account: Account, request: Request) -> Report:
    """Return the report; its status is the verdict."""
    tally = account.tally
    totals = tally.totals()
    return Report(
        tuple(verdict for group in totals.groups for verdict in group.verdicts),
        account.seconds,
        (*tally.errors, *unbegun(tally)),
        strict=request.strict,
        totals=totals,
        notes=tuple(notes(account, request)),
    )


def notes(account: Account, request: Request) -> list[str]:
    """Say what was covered, and what was not."""
    tally = account.tally
    said = [covered(account, request)]
    if tally.differs and not request.strict:
        said.append(f"{tally.differs:,} return another result than the recorded one.")
    if account.over:
        said.append(f"It ended before all was replayed, because {account.over}.")
    if unseen := [name for name in account.registered if not verified(account, name)]:
        said.append(f"Registered, but nothing was verified: {listed(unseen)}.")
    seen = [name for name in account.registered if verified(account, name)]
    if few := [name for name in seen if verified(account, name) < request.at_least]:
        said.append(f"Verified less than {request.at_least:,} times: {listed(few)}.")
    return said


def unbegun(tally: Tally) -> list[str]:
    """Return the error that files in which nothing has begun are, as in a check."""
    more = f" (and {tally.unbegun - 1:,} more)" if tally.unbegun > 1 else ""
    return [f"{tally.example}{more}"] if tally.unbegun else []


def covered(account: Account, request: Request) -> str:
    """Say which histories these are."""
    share = f"a sample of {request.sample * 100:g} %"
    if request.paths:
        files = f"{account.total:,} files in {', '.join(request.paths)}"
        return f"Covers {files}, {share}." if request.sample < 1 else f"Covers {files}."
    until = datetime.fromtimestamp(account.until / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    which = f" that match {request.filter}" if request.filter else ""
    found = f"Executions started before {until}{which}: {account.total:,}"
    return f"Covers {found}; of these {share}." if request.sample < 1 else f"Covers {found}."


def verified(account: Account, workflow_type: str) -> int:
    """Return how many histories of a type were replayed with a verdict."""
    counts = account.tally.types.get(workflow_type, {})
    return counts.get(Outcome.REPLAYS, 0) + counts.get(Outcome.INCOMPATIBLE, 0)


def listed(names: list[str]) -> str:
    """Name the first of many."""
    left = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {left} more" if left > 0 else "")
