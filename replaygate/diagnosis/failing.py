"""Says with what Workflow code failed its Workflow Task."""

import re

from replaygate.diagnosis.testimony import Lost, Testimony
from replaygate.events import failure_name
from replaygate.verdict import Diagnosis

CAP = 2_000  # characters of the SDK's own words
MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)+)"')
WENT_ON = "the code fails where it went on before"
COMES_NEXT = "the code fails in the Workflow Task that comes next"


def failed_task(testimony: Testimony, sdk: str, beyond: bool, hide_values: bool) -> Diagnosis:
    """Say with what the code failed its Workflow Task; ``beyond``: one that comes next."""
    words = readable(sdk)
    failure = testimony.failure
    kind = failure.application_failure_info.type if failure else ""
    said = failure_name(failure) if failure else words.split("\n", 1)[0]
    raised = kind if hide_values else ": ".join(dict.fromkeys(filter(None, (kind, said))))
    return Diagnosis(
        did=f"raised {raised or 'an exception'}",
        stood_at=testimony.raised_at,
        cause=COMES_NEXT if beyond else WENT_ON,
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
