"""A helper module of the Workflows in ``diary.py``."""

from datetime import timedelta

from temporalio import workflow


async def nap(seconds: float) -> None:
    """Sleep."""
    await workflow.sleep(seconds)  # napping


async def said(word: str) -> str:
    """Say a word, by an Activity that is known by its name only."""
    answer: str = await workflow.execute_activity(  # saying
        "echo",
        word,
        schedule_to_close_timeout=timedelta(seconds=10),
    )
    return answer
