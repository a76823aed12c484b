"""Says what it means how a replay ended: the verdict on one history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaygate.events import CLOSED_BY_COMMAND, failure_name, type_of
from replaygate.inputs.pending import is_open, is_stuck, is_told, refusal
from replaygate.replay.made_up_id import InfoWithoutId
from replaygate.replay.results import Incomparable, difference
from replaygate.replay.set_up import mistake_in_set_up, undecodable
from replaygate.replay.witness import Witness
from replaygate.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Ended:
    """A replay that has ended, and what is known of it."""

    verdict: Verdict  # so far: whose history it is
    events: Sequence[HistoryEvent]
    witness: Witness
    failure: Exception | None  # as the SDK's Replayer tells it
    converter: DataConverter
    from_service: bool  # else a file, which somebody may have cut off
    hides_values: bool  # because a codec does


async def passed(ended: Ended, strict: bool) -> Verdict:
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
            ended.hides_values,
        )
    except Incomparable as error:
        return unverified(verdict, str(error)) if strict else verdict
    if differs and strict:
        return replace(verdict, outcome=Outcome.INCOMPATIBLE, reason=differs, differs=differs)
    if refused := refusal(ended.events, ended.hides_values):
        why = f"the Service has refused what it gives next, and may again: {refused}"
        return unverified(verdict, why) if strict else replace(verdict, reason=why)
    goes_on = is_stuck(ended.events) and is_told(ended.events)
    return replace(verdict, differs=differs, recovers=goes_on)


def failed(ended: Ended, strict: bool) -> Verdict:
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
    why = (
        undecodable(ended.events, ended.converter)
        if mismatch
        else mistake_in_set_up(witness, words)
    )
    if why:
        return unverified(verdict, why)
    beyond = not mismatch and not witness.in_replay  # it failed behind what was recorded
    if beyond and not is_open(ended.events):
        return verdict  # it was closed before that Workflow Task was completed
    if not verdict.workflow_id and InfoWithoutId.asked:
        why = "it does not tell its Workflow Id, which the code asks for: "
        return unverified(verdict, f"{why}name it with --workflow-id")
    cause = diagnose(
        ended.events,
        testimony,
        words,
        mismatch,
        hide_values=ended.hides_values,
        asked_patches=witness.asked_patches(),
        beyond=beyond,
    )
    why = reason(cause)
    if beyond and is_stuck(ended.events):
        assert testimony.failure
        verdict = replace(verdict, stuck=named(testimony.failure, ended.hides_values))
        if not strict:
            return verdict
        why = f"it is still stuck: {verdict.stuck}"
    return replace(verdict, outcome=Outcome.INCOMPATIBLE, reason=why, diagnosis=cause)


def unverified(verdict: Verdict, why: str) -> Verdict:
    """Say that nothing was proven."""
    return replace(verdict, outcome=Outcome.UNVERIFIED, reason=why)


def named(failure: Failure, hidden: bool) -> str:
    """Name a failure by its type and, unless values are hidden, what it says."""
    kind = failure.application_failure_info.type or failure_name(failure)
    return kind if hidden or not failure.message else f"{kind}: {failure.message}"
