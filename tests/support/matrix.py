"""Which change replay notices in which recording: the table, and its rendering for the README."""

import inspect
from typing import NamedTuple

from tests.support import mutants

# N: a NondeterminismError. R: a RuntimeError. ?: the draw decides. A dot: it replays.
# A wider gap divides what went straight to the Activity, what got no further than that, what went
# through the Timer, and what got no further than that.
TABLE = """
                            no-timer
                            | draw-50
                            | | started-by-cli
                            | | | activity-retried
                            | | | |  open-in-activity
                            | | | |  | activity-timed-out
                            | | | |  | |  timer
                            | | | |  | |  | draw-49
                            | | | |  | |  | |  open-in-timer
                            | | | |  | |  | |  | terminated
                            | | | |  | |  | |  | | cancelled-in-timer

breaking
  SleepRemoved              . . . .  . .  N N  N N N
  SleepAlways               N N N N  N N  . .  . . .
  SleepAndActivitySwapped   . . . .  . .  N N  N N N
  TimerAdded                N N N N  . .  N N  . . .
  WaitsWithTimeout          N N N N  N N  N N  . . .
  ActivityAdded             N N N N  . .  N N  . . .
  ActivitiesReordered       N N N N  N N  N N  . . .
  ActivityTwice             N N N N  . .  N N  . . .
  ActivityRemoved           N N N N  N N  N N  . . .
  ActivityTypeSwitched      N N N N  N N  N N  . . .
  LocalActivityInstead      N N N N  N N  N N  . . .
  FailsAtTheEnd             N N N N  . .  N N  . . .
  RaisesAtTheEnd            R R R R  . .  R R  . . .
  InputTypeInt              R R R R  R R  R R  R R R
  ThresholdChanged          ? N ? ?  ? ?  . .  . . .
  ThresholdOneUp            ? N ? ?  ? ?  . .  . . .
  ThresholdOneDown          . . . .  . .  ? N  ? ? ?
  ExtraDraw                 ? ? ? ?  ? ?  ? ?  ? ? ?
safe
  LogLineAdded              . . . .  . .  . .  . . .
  QueryAdded                . . . .  . .  . .  . . .
  SleepByWorkflow           . . . .  . .  . .  . . .
  ActivityOptionsChanged    . . . .  . .  . .  . . .
  ActivityBodyChanged       . . . .  . .  . .  . . .
invisible
  TimerLengthChanged        . . . .  . .  . .  . . .
  ActivityArgumentsChanged  . . . .  . .  . .  . . .
  ResultChanged             . . . .  . .  . .  . . .
  SleepAndActivityTogether  . . . .  . .  . .  . . .
"""


class Row(NamedTuple):
    """What replay says of one change: ``breaking``, ``safe`` or ``invisible``; then the cells."""

    kind: str
    cells: dict[str, str]


def mutant_types() -> dict[str, type]:
    """Return the Workflow Definitions of `mutants.py` by their names."""
    return {
        found.__name__: found
        for found in vars(mutants).values()
        if inspect.isclass(found) and found.__module__ == mutants.__name__
    }


HEADER, BODY = TABLE.strip("\n").split("\n\n")


def _groups() -> list[list[str]]:
    """Read the scenarios from the header, those between two wider gaps together."""
    groups: list[list[str]] = []
    for line in HEADER.splitlines():
        scenario = line.split()[-1]
        if line.endswith(f"  {scenario}"):
            groups.append([])
        groups[-1].append(scenario)
    return groups


def _rows() -> dict[str, Row]:
    """Read the rows, each under its mutant's name."""
    rows, kind = {}, ""
    for line in BODY.splitlines():
        name, *marks = line.split()
        if marks:
            rows[name] = Row(kind, dict(zip(SCENARIOS, marks, strict=True)))
        else:
            kind = name
    return rows


GROUPS = _groups()
SCENARIOS = [scenario for group in GROUPS for scenario in group]
ROWS = _rows()


def matrix_markdown() -> str:
    """Render the table as Markdown, with a column for each group of scenarios."""
    titles = ["The change", "Replay", *(", ".join(group) for group in GROUPS)]
    lines = [titles, ["---"] * len(titles)]
    for name, row in ROWS.items():
        what = f"`{name}`: {inspect.getdoc(mutant_types()[name])}"
        lines.append([what, row.kind, *(_cell(row, group) for group in GROUPS)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(row: Row, group: list[str]) -> str:
    """Put one row's marks of a group in words."""
    marks = {row.cells[scenario] for scenario in group}
    if "?" in marks:
        return "by the draw"
    return "" if marks == {"."} else "noticed"
