"""What pytest runs: the replay of one file of Event Histories."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from replaygate.config import Config
from replaygate.inputs.sources import Source
from replaygate.outputs import render
from replaygate.pytest_plugin.asking import OnDemand, RunAhead
from replaygate.pytest_plugin.judge_process import Refused
from replaygate.report import Report
from replaygate.verdict import Outcome, Verdict

REMARK = "replaygate"  # the property of a report that holds what is remarkable about a replay
NOT_BEGUN = "no Workflow Task was completed"


class Judging:
    """Has items replayed: all of a run from the first on, or in a worker of xdist its own."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.ask: RunAhead | OnDemand | None = None
        self.refused_in = ""  # the item that says why nothing is replayed

    def __call__(self, item: "ReplayItem") -> Sequence[Verdict]:
        """Return the verdicts on an item, or fail it. Why nothing is replayed is said once."""
        if self.ask is None:
            self.ask = self.way_to_ask(item.session)
        try:
            return self.ask(item.source)
        except Refused as error:
            refused = error
        if self.refused_in not in ("", item.nodeid):
            pytest.skip(f"not replayed: {refused}")
        self.refused_in = item.nodeid
        details = f"\n\n{refused.details}" if item.config.get_verbosity() > 0 else ""
        pytest.fail(f"{refused}{details}", pytrace=False)

    def way_to_ask(self, session: pytest.Session) -> RunAhead | OnDemand:
        """Choose; a worker of xdist collects all items and doesn't know which it will run."""
        if hasattr(session.config, "workerinput"):
            return OnDemand(self.config)
        items = (item for item in session.items if isinstance(item, ReplayItem))
        return RunAhead(self.config, [item.source for item in items])

    def close(self) -> None:
        """End all replays."""
        if self.ask:
            self.ask.close()


class HistoryFile(pytest.File):
    """A file that holds one Event History or more, or that is none and should be."""

    def __init__(self, *, source: Source, judging: Judging, **node: Any) -> None:
        super().__init__(**node)
        self.source = source
        self.judging = judging

    def collect(self) -> Iterator["ReplayItem"]:
        """Yield the one thing that can be done with it."""
        yield ReplayItem.from_parent(self, name="replay")


class ReplayItem(pytest.Item):
    """The replay of all histories in a file."""

    def __init__(self, *, parent: HistoryFile, **node: Any) -> None:
        super().__init__(parent=parent, **node)
        self.source = parent.source
        self.judging = parent.judging
        if self.config.pluginmanager.hasplugin("timeout"):  # pytest-timeout may end the whole run
            self.add_marker(pytest.mark.timeout(0))  # and a replay has a time-out already

    def runtest(self) -> None:
        """Pass if each of them replays."""
        verdicts = self.judging(self)
        if told := failures(verdicts):
            pytest.fail(told, pytrace=False)
        if all(verdict.outcome is Outcome.NOT_BEGUN for verdict in verdicts):
            pytest.skip(f"{NOT_BEGUN}, so no code can break it")
        self.user_properties.extend(remarks(verdicts))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what stands above a failure."""
        return self.path, None, f"replay of {self.source.name}"


def failures(verdicts: Sequence[Verdict]) -> str:
    """Return a diagnosis of each kind of failure; nothing if there is none."""
    return "\n\n".join(map(render.diagnosis, Report(tuple(verdicts)).groups))


def remarks(verdicts: Sequence[Verdict]) -> list[tuple[str, object]]:
    """Return what is remarkable about these replays; a report carries it to its reader."""
    noted = ((verdict.name, render.remark(verdict)) for verdict in verdicts)
    return [(REMARK, f"{name}: {words}") for name, words in noted if words]
