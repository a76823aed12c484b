"""Says what it means how a replay ended: the verdict on one history."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaygate.events import CLOSED_BY_COMMAND, failure_name, type_of
from replaygate.inputs.pending import is_open, is_stuck, is_told, refusal
from replaygate.replay.made_up_id import InfoWithoutId
from replaygate.replay.results import Undecodable, difference
from replaygate.replay.witness import Witness
from replaygate.verdict import Outcome, Verdict

SET_UP = re.compile("Unknown payload encoding")  # in a failure that Workflow code can't mend
NO_MEMORY = "it takes more memory than a replay process may have"


@dataclass(frozen=True)
class Ended:
    """A replay that has ended, and what is known of it."""

    verdict: Verdict  # so far: whose history it is
    events: Sequence[HistoryEvent]
    witness: Witness
    failure: Exception | None  # as the SDK's Replayer tells it
    converter: DataConverter
    from_service: bool  # else a file, which somebody may have cut off


async def passed(ended: Ended, strict: bool, show_values: bool) -> Verdict:
    """Give the verdict where the SDK found nothing amiss."""
    witness, verdict = ended.witness, ended.verdict
    if not ended.from_service and type_of(ended.events[-1]) not in CLOSED_BY_COMMAND:
        from replaygate.diagnosis.diagnosis import lost_commands  # most runs do without it

        if lost := lost_commands(ended.events, witness.testimony(lines=False)):
            return unverified(verdict, f"its end lacks {lost}: it was cut off, or the code changed")
    try:
        differs = await difference(
            ended.events,
            witness.result(),
            witness.result_type,
            ended.converter,
            show_values,
        )
    except Undecodable as error:
        return unverified(verdict, str(error)) if strict else verdict
    if differs and strict:
        return replace(verdict, outcome=Outcome.INCOMPATIBLE, reason=differs, differs=differs)
    if refused := refusal(ended.events, hides(ended, show_values)):
        why = f"the Service has refused what it gives next, and may again: {refused}"
        return unverified(verdict, why) if strict else replace(verdict, reason=why)
    goes_on = is_stuck(ended.events) and is_told(ended.events)
    return replace(verdict, differs=differs, recovers=goes_on)


def failed(ended: Ended, strict: bool, show_values: bool) -> Verdict:
    """Give the verdict where the replay failed, or the Workflow Task that waits behind it."""
    witness, verdict = ended.witness, ended.verdict
    from replaygate.diagnosis.diagnosis import (  # seldom needed
        diagnose,
        readable,
        reason,
    )
    from replaygate.diagnosis.parting import is_mismatch

    words = readable(str(ended.failure or ""))
    testimony = witness.testimony()
    mismatch = is_mismatch(ended.events, testimony, words)
    why = undecodable(ended) if mismatch else set_up(witness, words)
    if why:
        return unverified(verdict, why)
    beyond = not mismatch and not witness.in_replay  # it failed behind what was recorded
    if beyond and not is_open(ended.events):
        return verdict  # it was closed before that Workflow Task was completed
    if not verdict.workflow_id and InfoWithoutId.asked:
        why = "it does not tell its Workflow Id, which the code asks for: "
        return unverified(verdict, f"{why}name it with --workflow-id")
    hidden = hides(ended, show_values)
    cause = diagnose(
        ended.events,
        testimony,
        words,
        mismatch,
        hide_values=hidden,
        asked_patches=witness.asked_patches(),
        beyond=beyond,
    )
    why = reason(cause)
    if beyond and is_stuck(ended.events):
        assert testimony.failure
        verdict = replace(verdict, stuck=named(testimony.failure, hidden))
        if not strict:
            return verdict
        why = f"it is still stuck: {verdict.stuck}"
    return replace(verdict, outcome=Outcome.INCOMPATIBLE, reason=why, diagnosis=cause)


def hides(ended: Ended, show_values: bool) -> bool:
    """Tell whether a codec hides the values of this history."""
    return bool(ended.converter.payload_codec) and not show_values


def set_up(witness: Witness, words: str) -> str:
    """Say which mistake in the set-up kept the code from running; empty if there is none."""
    if witness.refused:
        return chain(witness.refused)
    if not witness.failure:
        return words
    if witness.failure.application_failure_info.type == MemoryError.__name__:
        return NO_MEMORY
    told = failure_chain(witness.failure)
    return told if SET_UP.search(told) else ""


def undecodable(ended: Ended) -> str:
    """Name the first Signal or Update that the converter can't decode.

    The SDK drops such a Signal and rejects such an Update, and the code goes another way.
    """
    if ended.converter.payload_codec:
        return ""
    for event in ended.events:
        signal = event.workflow_execution_signaled_event_attributes.input.payloads
        update = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        for payload in (*signal, *update.args.payloads):
            try:
                ended.converter.payload_converter.from_payload(payload)
            except Exception as error:
                if SET_UP.search(str(error)):
                    return f"Event {event.event_id} can't be decoded: {chain(error)}"
    return ""


def unverified(verdict: Verdict, why: str) -> Verdict:
    """Say that nothing was proven."""
    return replace(verdict, outcome=Outcome.UNVERIFIED, reason=why)


def named(failure: Failure, hidden: bool) -> str:
    """Name a failure by its type and, unless values are hidden, what it says."""
    kind = failure.application_failure_info.type or failure_name(failure)
    return kind if hidden or not failure.message else f"{kind}: {failure.message}"


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
