"""How a program starts, fails and ends; it knows nothing of what the program does."""

import asyncio
import contextlib
import io
import logging
import os
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from temporalio.service import RPCError

from replaygate.mistake import Mistake

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
    """Run an entry point and exit with its status: 2 after a Mistake, 130 after Ctrl-C.

    It leaves through ``os._exit`` because Core's threads can abort an interpreter that shuts down
    around them: https://github.com/temporalio/sdk-python/issues/300
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does; a path may be no UTF-8
    handler = logging.StreamHandler()
    handler.setFormatter(formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        status = asyncio.run(main) if isinstance(main, Coroutine) else main()
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        status = 2
    except RPCError as error:
        print(f"The Temporal Service refused: {error} ({error.status.name})", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # `head`, for one, has seen enough; SIGPIPE would leave this status
        status = 141
    except BaseException:
        traceback.print_exc()
        status = 70
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
