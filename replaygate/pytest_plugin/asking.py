"""Two ways to ask a judge process for verdicts, source by source."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence

from replaygate.config import Config
from replaygate.inputs.sources import Source
from replaygate.pytest_plugin.judge_process import JudgeProcess, Refused
from replaygate.verdict import Verdict

END = Source("")  # it is empty; the verdict on it comes behind those on all that was sent before


class RunAhead:
    """Asked for the first of many sources, it has all of them replayed."""

    def __init__(self, config: Config, sources: Sequence[Source]) -> None:
        self.config = config
        self.left = {source.name: source for source in sources}  # whose verdicts are not all here
        self.verdicts: dict[str, list[Verdict]] = defaultdict(list)
        self.process: JudgeProcess | None = None
        self.refused: Refused | None = None

    def __call__(self, source: Source) -> Sequence[Verdict]:
        """Return the verdict on each history of one of the sources.

        Raises:
            Refused: There will be none.
        """
        if self.refused and source.name in self.left:
            raise self.refused
        try:
            while source.name in self.left:
                self.receive()
        except BaseException as error:  # such as the one that pytest-timeout raises
            self.refused = error if isinstance(error, Refused) else None
            self.left[source.name] = self.left.pop(source.name)  # the others come first
            self.close()
            raise
        return self.verdicts[source.name]

    def receive(self) -> None:
        """Receive one more verdict.

        Of several histories in a source nobody knows which is the last. They have a number behind
        the name of their source, which then waits for all others.
        """
        if self.process is None:
            self.process = JudgeProcess(self.config, [*self.left.values()], jobs=0)
        verdict = self.process.receive()
        if verdict is None:
            self.left.clear()
        elif verdict.name in self.left:
            self.verdicts[verdict.name].append(verdict)
            del self.left[verdict.name]
        else:
            self.verdicts[verdict.name.rpartition("#")[0]].append(verdict)

    def close(self) -> None:
        """End the process."""
        for name in self.left:  # a part of the verdicts on it is as good as none
            self.verdicts.pop(name, None)
        if self.process:
            self.process.close()
            self.process = None


class OnDemand:
    """Asked for one source at a time, by any thread; the process stays for the next."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lock = threading.Lock()
        self.process: JudgeProcess | None = None
        self.refused: Refused | None = None

    def __call__(self, source: Source) -> Sequence[Verdict]:
        """Return the verdict on each history of a source.

        Raises:
            Refused: There will be none.
        """
        with self.lock:
            if self.refused:
                raise self.refused
            process = self.process = self.process or JudgeProcess(self.config)
            try:
                return [*verdicts_on(source, process)]
            except BaseException as error:
                if isinstance(error, Refused) and self.process:  # else somebody has closed it
                    self.refused = error
                self.close()
                raise

    def close(self) -> None:
        """End the process, whatever it is doing; it starts again when it is needed."""
        process, self.process = self.process, None
        if process:
            process.close()


def verdicts_on(source: Source, process: JudgeProcess) -> Iterator[Verdict]:
    """Yield the verdict on each history of a source."""
    process.send(source)
    process.send(END)
    while (verdict := process.receive()) and verdict.name != END.name:
        yield verdict
