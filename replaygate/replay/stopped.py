"""The verdicts on Workflow code that a Worker would stop, or that would stop the Worker."""

from dataclasses import replace

from replaygate.frames import of_traceback
from replaygate.verdict import Diagnosis, Frame, Outcome, Verdict

ENDS = "Workflow code would end the Worker's process"
LOST = "what is no Exception passes through the Worker, which never answers the Workflow Task"


def does_not_yield(
    verdict: Verdict, stood_at: tuple[Frame, ...], stuck: bool, strict: bool
) -> Verdict:
    """Give the verdict on code that a Worker's deadlock detector would stop.

    With ``stuck`` it does that in the Workflow Task that has failed so before.
    """
    words = "[TMPRL1101] Potential deadlock detected: workflow didn't yield within 2 second(s)."
    cause = Diagnosis(
        did="did not yield for 2 seconds, so a Worker fails the Workflow Task",
        stood_at=stood_at,
        cause="Workflow code blocks: it waits, calculates or loops without an await",
        sdk=words,
    )
    if stuck and not strict:
        return replace(verdict, stuck=words)
    why = f"it is still stuck: {words}" if stuck else f"the code {cause.did}: {words}"
    return replace(verdict, outcome=Outcome.INCOMPATIBLE, reason=why, diagnosis=cause)


def would_exit(verdict: Verdict, error: BaseException, hide_values: bool) -> Verdict:
    """Give the verdict on Workflow code that would end its process."""
    said = "" if hide_values else str(error)
    raised = ": ".join(filter(None, (type(error).__name__, said)))
    cause = Diagnosis(
        did=f"raised {raised}, which a Workflow Task does not survive",
        stood_at=of_traceback(error.__traceback__),
        cause=ENDS if isinstance(error, SystemExit | KeyboardInterrupt) else LOST,
    )
    why = f"the code {cause.did}"
    return replace(verdict, outcome=Outcome.INCOMPATIBLE, reason=why, diagnosis=cause)
