"""Says which mistake in the set-up kept Workflow code from running, or from reading its values."""

import re
from collections.abc import Sequence

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaygate.events import failure_name
from replaygate.replay.witness import Witness

# In a failure that Workflow code can't mend.
SET_UP = re.compile(r"Unknown payload encoding [^\s']*")
NO_MEMORY = "it takes more memory than a replay process may have"


def mistake_in_set_up(witness: Witness, words: str) -> str:
    """Say which mistake in the set-up kept the code from running; empty if there is none."""
    if witness.refused:
        return chain(witness.refused)
    if not witness.failure:
        return words
    if witness.failure.application_failure_info.type == MemoryError.__name__:
        return NO_MEMORY
    told = SET_UP.search(failure_chain(witness.failure))
    return told[0] if told else ""  # no more of it: code may have put a hidden value beside it


def undecodable(events: Sequence[HistoryEvent], converter: DataConverter) -> str:
    """Name the first Signal or Update that the converter can't decode.

    The SDK drops such a Signal and rejects such an Update, and the code goes another way.
    """
    if converter.payload_codec:
        return ""
    for event in events:
        signal = event.workflow_execution_signaled_event_attributes.input.payloads
        update = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        for payload in (*signal, *update.args.payloads):
            try:
                converter.payload_converter.from_payload(payload)
            except Exception as error:
                if SET_UP.search(str(error)):
                    return f"Event {event.event_id} can't be decoded: {chain(error)}"
    return ""


def failure_chain(failure: Failure) -> str:
    """Return what a failure and its causes say, in one line."""
    words = [failure_name(failure)]
    while failure.HasField("cause"):
        failure = failure.cause
        words.append(failure_name(failure))
    return ": ".join(words)


def chain(error: BaseException | None) -> str:
    """Return what an exception and its causes say, in one line."""
    words = []
    while error:
        words.append(" ".join(str(error).split()) or type(error).__name__)
        error = error.__cause__
    return ": ".join(words)
