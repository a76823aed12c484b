"""The replay gate: tells whether Workflow code still fits the Event Histories that it made.

What the command does, a program can do::

    from replaygate import Report, Target, find, judge

    sources, _ = find(["histories"])
    report = Report(tuple(judge(sources, Target("worker:main"))))
    print(report.status, report.groups)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaygate.inputs.sources import Source as Source
    from replaygate.inputs.sources import find as find
    from replaygate.judging.pool import Unanswered as Unanswered
    from replaygate.judging.pool import judge as judge
    from replaygate.mistake import Mistake as Mistake
    from replaygate.report import Report as Report
    from replaygate.targets.target import Target as Target
    from replaygate.targets.target import TargetError as TargetError
    from replaygate.verdict import Diagnosis as Diagnosis
    from replaygate.verdict import Frame as Frame
    from replaygate.verdict import Outcome as Outcome
    from replaygate.verdict import Verdict as Verdict

PUBLIC = {
    "Diagnosis": "verdict",
    "Frame": "verdict",
    "Mistake": "mistake",
    "Outcome": "verdict",
    "Report": "report",
    "Source": "inputs.sources",
    "Target": "targets.target",
    "TargetError": "targets.target",
    "Unanswered": "judging.pool",
    "Verdict": "verdict",
    "find": "inputs.sources",
    "judge": "judging.pool",
}


def __getattr__(name: str) -> object:
    """Import what a public name stands for when it is first used: no run needs all of them."""
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
