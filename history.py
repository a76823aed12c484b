"""The Event History: what an Event is called, when it happened, and what is worth saying of it."""

from temporalio.api.history.v1 import HistoryEvent


def type_of(event: HistoryEvent) -> str:
    """Return the Event's type as the ``temporal`` CLI writes it, ``TimerStarted`` for one."""
    words = (event.WhichOneof("attributes") or "unknown").removesuffix("_event_attributes")
    return "".join(word.capitalize() for word in words.split("_"))


def time_of(event: HistoryEvent) -> str:
    """Return the time of the Event in UTC, to the second, as the ``temporal`` CLI writes it."""
    return event.event_time.ToDatetime().strftime("%Y-%m-%dT%H:%M:%SZ")


def detail_of(event: HistoryEvent) -> str:
    """Return what tells this Event from others of its type: a name, a duration, a reason."""
    if event.HasField("timer_started_event_attributes"):
        timer = event.timer_started_event_attributes.start_to_fire_timeout
        return f"{timer.ToTimedelta().total_seconds():g}s"
    attributes = getattr(event, event.WhichOneof("attributes") or "", None)
    for field in (
        "activity_type",
        "workflow_type",
        "failure",
        "signal_name",
        "marker_name",
        "reason",
    ):
        if value := getattr(attributes, field, None):
            return str(getattr(value, "name", "") or getattr(value, "message", "") or value).strip()
    return ""
