"""How every program of this application reads its arguments, logs, fails and ends.

An SSN must not reach a terminal or a log: what looks like one is masked.
"""

import argparse
import logging
import re
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from replaygate import program, streams
from replaygate.program import Mistake, OneLineFormatter

__all__ = ["LogFormatter", "Mistake", "Parser", "masked", "run"]


class Parser(argparse.ArgumentParser):
    """Quotes no SSN in complaints; prints what can be printed, where a disk is full."""

    def __init__(self, **options: Any) -> None:
        streams.mend()
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        super().error(re.sub(r"\d{3}\W?\d{2}\W?\d{4}", "***-**-****", message))


class LogFormatter(OneLineFormatter):
    """Masks what looks like an SSN, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def masked(text: str) -> str:
    """Hide what looks like an SSN."""
    return re.sub(r"\b\d{3}-\d{2}-\d{4}\b", "***-**-****", text)


def run(main: Coroutine[Any, Any, int] | Callable[[], int]) -> NoReturn:
    """Run an entry point and exit with its status: 2 after a Mistake, 130 after Ctrl-C."""
    logging.getLogger("temporalio.worker").setLevel(logging.WARNING)  # we say what it says
    program.run(main, LogFormatter)
