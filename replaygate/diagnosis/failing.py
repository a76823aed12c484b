"""Says with what Workflow code failed its Workflow Task."""

import re
from collections.abc import Sequence

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.testimony import Lost, Testimony
from replaygate.events import failure_name, type_of
from replaygate.verdict import Diagnosis

CAP = 2_000  # characters of the SDK's own words
MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)+)"')
WENT_ON = "the code fails where it went on before"
COMES_NEXT = "the code fails in the Workflow Task that comes next"
DECODING = "Failed decoding arguments"  # as the SDK says, also of results


def failed_task(
    events: Sequence[HistoryEvent], testimony: Testimony, sdk: str, beyond: bool, hide_values: bool
) -> Diagnosis:
    """Say with what the code failed its Workflow Task; ``beyond``: one that comes next."""
    words = readable(sdk)
    failure = testimony.failure
    if failure and failure.message == DECODING and not testimony.raised_at:
        first = next(e.event_id for e in events if type_of(e) == "WorkflowTaskCompleted")
        what = "Workflow's input" if testimony.failed_knowing < first else "recorded result"
        return undecoded(what, failure, words, hide_values)
    kind = failure.application_failure_info.type if failure else ""
    said = failure_name(failure) if failure else words.split("\n", 1)[0]
    raised = kind if hide_values else ": ".join(dict.fromkeys(filter(None, (kind, said))))
    return Diagnosis(
        did=f"raised {raised or 'an exception'}",
        stood_at=testimony.raised_at,
        cause=COMES_NEXT if beyond else WENT_ON,
        sdk="" if hide_values else words,
    )


def undecoded(what: str, failure: Failure, words: str, hide_values: bool) -> Diagnosis:
    """Say that a recorded value is none of the type that the code declares."""
    why = "" if hide_values else failure_name(failure.cause)
    return Diagnosis(
        did=": ".join(filter(None, (f"can't take the {what}", why))),
        cause=f"the {what} has another type in the code than when it was recorded",
        sdk="" if hide_values else words,
    )


def lost_task(lost: Lost, sdk: str, hide_values: bool) -> Diagnosis:
    """Say what the code raised that the SDK does not catch."""
    raised = lost.kind if hide_values or not lost.said else f"{lost.kind}: {lost.said}"
    return Diagnosis(
        did=f"raised {raised}, which is no Exception, so that the Workflow neither fails nor ends",
        stood_at=lost.frames,
        cause=WENT_ON,
        sdk=readable(sdk),
    )


def readable(sdk: str) -> str:
    """Return the words in the SDK's dump of a failure."""
    words = MESSAGE.findall(sdk) or [sdk]
    text = ": ".join(word.replace('\\"', '"').replace("\\n", "\n") for word in words)
    return text if len(text) <= CAP else f"{text[:CAP]}..."
