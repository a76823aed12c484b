"""Finds the Event Histories below some folders, and lets pytest collect them."""

import os
from collections.abc import Generator, Iterator, Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

import pytest

from replaygate.inputs.sources import Passed, Source, find
from replaygate.outputs import render
from replaygate.pytest_plugin.items import REMARK, HistoryFile, Judging


class Histories:
    """The histories below some folders; a plugin of one run of pytest."""

    def __init__(
        self, config: pytest.Config, roots: Sequence[Path], exclude: Sequence[str], judging: Judging
    ) -> None:
        self.config = config
        kept_in = config.getoption("keep_histories")  # by this very run, so it may be empty yet
        filled = absolute(config.invocation_params.dir / kept_in) if kept_in else None
        every = map(absolute, roots)
        self.roots = [root for root in every if root != filled or has_something(root)]
        self.exclude = exclude
        self.judging = judging
        here = config.invocation_params.dir == config.rootpath
        if here and config.args_source is not pytest.Config.ArgsSource.ARGS:
            ignored = [absolute(Path(path)) for path in config.getoption("ignore") or ()]
            left = [root for root in self.roots if root not in ignored]
            config.args += [str(root) for root in left if not self.is_collected(root)]

    def arguments(self) -> Iterator[Path]:
        """Yield the files and folders that pytest is told to collect."""
        for argument in self.config.args:
            yield absolute(self.config.invocation_params.dir / argument.partition("::")[0])

    def is_collected(self, root: Path) -> bool:
        """Tell whether pytest is told to collect all that lies below a folder."""
        return any(root.is_relative_to(argument) for argument in self.arguments())

    @cached_property
    def found(self) -> tuple[dict[Path, Source], Passed]:
        """The files that are to be replayed, and what is passed over in the folders."""
        sources, passed = find([*map(str, self.roots)], self.exclude)
        for argument in self.arguments():
            if any(root in argument.parents for root in self.roots):
                sources += named(argument, self.exclude)
        return {Path(source.path): source for source in sources}, passed

    @cached_property
    def folders(self) -> set[Path]:
        """The folders on the way to a history."""
        above = {folder for path in self.found[0] for folder in path.parents}
        return {path for path in above if any(path.is_relative_to(root) for root in self.roots)}

    @pytest.hookimpl(wrapper=True)
    def pytest_ignore_collect(
        self, collection_path: Path
    ) -> Generator[None, bool | None, bool | None]:
        """Pass over no history because it lies in a hidden folder, or one named ``build``."""
        ignored = yield
        if ignored and collection_path in self.folders:
            patterns = self.config.getini("norecursedirs")
            return not any(fnmatch(collection_path.name, pattern) for pattern in patterns)
        return ignored

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> HistoryFile | None:
        """Collect a file that is a history, or should be."""
        return self.node(parent, file_path) if file_path in self.found[0] else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Collect what is no file, so that it fails: an empty folder, a broken link."""
        report = yield
        if isinstance(collector, pytest.Directory):
            strays = (path for path in self.found[0] if not path.is_file())
            report.result += [
                self.node(collector, path)
                for path in strays
                if collector.path == (path if path.is_dir() else path.parent)
            ]
        return report

    def node(self, parent: pytest.Collector, path: Path) -> HistoryFile:
        """Return the node of a file."""
        source = self.found[0][path]
        node: HistoryFile = HistoryFile.from_parent(
            parent, path=path, source=source, judging=self.judging
        )
        return node

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Say what is remarkable about replays that passed, and what was passed over."""
        lines = list(remarks(terminalreporter))
        if any(map(self.is_collected, self.roots)):
            lines.append(render.passed_over(self.found[1].kinds))
        if lines := [line for line in lines if line]:
            terminalreporter.write_sep("=", "replaygate")
            for line in lines:
                terminalreporter.write_line(line)


def remarks(reporter: "pytest.TerminalReporter") -> Iterator[str]:
    """Yield what is remarkable about the replays that passed."""
    for report in reporter.getreports("passed"):
        yield from (str(words) for name, words in report.user_properties if name == REMARK)


def named(path: Path, exclude: Sequence[str]) -> list[Source]:
    """Find the histories that an argument of pytest names, though they may be excluded."""
    if path.is_dir():
        return [source for source in find([str(path)], exclude)[0] if source.path != str(path)]
    return [source for source in find([str(path.parent)])[0] if source.path == str(path)]


def has_something(folder: Path) -> bool:
    """Tell whether there is anything in a folder."""
    return folder.is_dir() and any(folder.iterdir())


def absolute(path: Path) -> Path:
    """Return a path as pytest has it: without ``..``, and with its links."""
    return Path(os.path.abspath(path))  # noqa: PTH100
