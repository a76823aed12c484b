"""Where history and code part, as Core's words and the Commands tell."""

import re
from collections.abc import Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.comparison import Difference, compare
from replaygate.diagnosis.expectation import Expected, core_flags, expectation
from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.testimony import Given, Testimony

NAMED = re.compile(r"(?:HistoryEvent\(id: |\bevent_id: )(\d+)")
CANCELLED = re.compile(r"in state \w*Cancel\w* says the transition is invalid")  # by the code only
INVALID = "says the transition is invalid during event"


def named_in(sdk: str) -> int:
    """Return the id of the Event that Core names, 0 for none."""
    named = NAMED.search(sdk)
    return int(named[1]) if named else 0


def difference_of(events: Sequence[HistoryEvent], given: Sequence[Given], named: int) -> Difference:
    """Return where the Commands and the history part; ``named`` is as in ``compare``."""
    steps = expectation(given, events).steps
    return compare(recorded_steps(events), steps, core_flags(events), named)


def is_mismatch(events: Sequence[HistoryEvent], testimony: Testimony, sdk: str) -> bool:
    """Tell whether Core failed because Commands differ, also where it says so in other words.

    Where an Event comes to the wrong state machine, some of them break instead of telling.
    """
    if "TMPRL1100" in sdk or CANCELLED.search(sdk):
        return True
    named = named_in(sdk)
    if INVALID not in sdk or not named:
        return False
    difference = difference_of(events, testimony.given, 0)
    return bool(difference.recorded) and event_of(difference, events, 0) == events[named - 1]


def event_of(
    difference: Difference, events: Sequence[HistoryEvent], named: int
) -> HistoryEvent | None:
    """Return the Event that differs; it may be one that follows from no Command."""
    if difference.recorded:
        return difference.recorded.event
    return events[named - 1] if 0 < named <= len(events) else None


def given_in_its_place(difference: Difference, testimony: Testimony) -> Expected | None:
    """Return the Command that the code gave where it differs; what it did later counts not."""
    found = difference.expected or next(iter(difference.commands_left), None)
    return found if found and is_in(found.given, testimony.given) else None


def command_in_its_place(
    events: Sequence[HistoryEvent], testimony: Testimony, sdk: str
) -> Given | None:
    """Return the Command that the code gave where the history holds another."""
    difference = difference_of(events, testimony.given, named_in(sdk))
    found = given_in_its_place(difference, testimony)
    return found.given if found else None


def is_in(given: Given, all_given: Sequence[Given]) -> bool:
    """Tell whether this very Command is among these."""
    return any(one is given for one in all_given)
