"""Tells which random number a Background Check draws, from the run id alone."""

from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime
from temporalio.worker import Replayer


@workflow.defn(sandboxed=False)  # so that what it draws can be read outside
class Draw:
    number = 0

    @workflow.run
    async def run(self) -> None:
        Draw.number = workflow.random().randint(1, 100)


async def draw(run_id: str, runtime: Runtime | None = None) -> int:
    """Return the first number from 1 to 100 that an Execution with this original run id draws.

    The run id seeds ``workflow.random()``. How it does is Core's secret, so Core is asked: it
    replays the first three Events of a Workflow Execution that does nothing but draw.
    """
    started = {
        "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
        "workflowExecutionStartedEventAttributes": {
            "workflowType": {"name": "Draw"},
            "taskQueue": {"name": "draw"},
            "originalExecutionRunId": run_id,
        },
    }
    task_scheduled = {
        "eventType": "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED",
        "workflowTaskScheduledEventAttributes": {},
    }
    task_started = {
        "eventType": "EVENT_TYPE_WORKFLOW_TASK_STARTED",
        "workflowTaskStartedEventAttributes": {"scheduledEventId": 2},
    }
    events = [
        {"eventId": number, "eventTime": "2000-01-01T00:00:00Z", **event}
        for number, event in enumerate([started, task_scheduled, task_started], start=1)
    ]
    history = WorkflowHistory.from_json("draw", {"events": events})
    await Replayer(workflows=[Draw], runtime=runtime).replay_workflow(history)
    return Draw.number
