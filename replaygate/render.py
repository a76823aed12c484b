"""All text that the gate puts out; nothing else lays any out."""

from replaygate.columns import coloured, diagnosis, remark
from replaygate.document import as_json
from replaygate.github import annotations, step_summary
from replaygate.plain import plain
from replaygate.report import Report
from replaygate.text import passed_over, text

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
    from replaygate.junit import junit as lay_out  # its import takes longer than many a replay

    return lay_out(report)
