"""What a Temporal Service says where it gives no answer."""

from temporalio.service import RPCError, RPCStatusCode

ABSENT = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED}


def said(error: RPCError) -> str:
    """Say in one line whether the Service refuses or is away, and why."""
    does = "does not answer" if error.status in ABSENT else "refuses"
    return f"The Temporal Service {does}: {words(error)}"


def words(error: RPCError) -> str:
    """Return the Service's own words in one line, and the status."""
    return f"{' '.join(str(error).split())} ({error.status.name})"
