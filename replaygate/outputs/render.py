"""All text that the gate puts out; nothing else lays any out."""

from replaygate.outputs.columns import coloured, diagnosis, remark
from replaygate.outputs.document import as_json
from replaygate.outputs.github import annotations, step_summary
from replaygate.outputs.text import passed_over, text
from replaygate.plain import plain
from replaygate.report import Report

__all__ = [
    "annotations",
    "as_json",
    "coloured",
    "diagnosis",
    "junit",
    "passed_over",
    "plain",
    "remark",
    "step_summary",
    "text",
]


def junit(report: Report) -> str:
    """Return the report as JUnit XML."""
    from replaygate.outputs.junit import (
        junit as lay_out,  # its import takes longer than many a replay
    )

    return lay_out(report)
