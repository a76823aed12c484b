"""How a program starts, fails and ends; it knows nothing of what the program does."""

import atexit
import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

from temporalio.service import RPCError

from replaygate import streams
from replaygate.mistake import Mistake
from replaygate.plain import plain
from replaygate.service import said
from replaygate.signals import EndedBySignal, hear_ctrl_c, run_until_told

__all__ = ["Mistake", "OneLineFormatter", "run"]


class OneLineFormatter(logging.Formatter):
    """Logs a Mistake in one line, without its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, Mistake):
            return f"{record.levelname} {record.getMessage()}: {error}"
        return super().format(record)


def run(
    main: Coroutine[Any, Any, int] | Callable[[], int],
    formatter: type[logging.Formatter] = OneLineFormatter,
) -> NoReturn:
    """Run an entry point and exit with its status.

    It is 2 after a Mistake, 128 + N after signal N, and 70 after an error of the program itself.
    """
    streams.mend()
    handler = logging.StreamHandler()
    handler.setFormatter(formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    leave(status_of(main))


def status_of(main: Coroutine[Any, Any, int] | Callable[[], int]) -> int:
    """Run an entry point; say in one line why it failed, if a person can put it right."""
    try:
        working_directory()
        if not isinstance(main, Coroutine):
            hear_ctrl_c()
            return main()
        return run_until_told(main)
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        return 2
    except RPCError as error:
        print(plain(said(error)), file=sys.stderr)
        return 2
    except EndedBySignal as ended:
        return 128 + int(ended.args[0])
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # `head`, for one, has seen enough; SIGPIPE would leave this status
        return 141
    except BaseException:
        traceback.print_exc()
        return 70


def working_directory() -> None:
    """Make sure that there is one: without it not even a message could be written well."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise Mistake("The working directory has gone. Go to one that is there: cd") from None


def leave(status: int) -> NoReturn:
    """End the process with that status, after what others have registered with ``atexit``.

    It leaves through ``os._exit`` because Core's threads can abort an interpreter that shuts down
    around them: https://github.com/temporalio/sdk-python/issues/300. What Python does after those
    handlers is left out: threads are not joined, objects are not finalized. A tracer or profiler
    that has started this program (``python -m cProfile``, ``coverage run``) writes what it has
    found when it gets control back, so it gets that, and with it the small risk.
    """
    if sys.gettrace() or sys.getprofile() or _monitored():
        streams.flush()
        sys.exit(status)
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    streams.flush()
    os._exit(status)


def _monitored() -> bool:
    """Does a tool use ``sys.monitoring``, which Python has since 3.12?"""
    monitoring = getattr(sys, "monitoring", None)
    return bool(monitoring and any(monitoring.get_tool(tool) for tool in range(6)))
