"""Hears what Workflow code says to a logger, whether or not it is shown."""

import logging
from types import FrameType
from typing import Any, NamedTuple

from temporalio import workflow

from replaygate.frames import Place, place_of

HEARD = {logging.LoggerAdapter.log.__code__, type(workflow.logger).log.__code__} | {
    getattr(logging.Logger, name).__code__
    for name in ("debug", "info", "warning", "error", "critical", "exception", "log")
}


class Heard(NamedTuple):
    """Output, and where in the code it comes from."""

    text: str
    literal: str  # as far as it stands in the code itself, so that no values are in it
    place: Place
    silent: bool  # in replay


def heard(frame: FrameType) -> Heard | None:
    """Return a message to a logger, which is called in this frame; None if it was heard before."""
    caller = frame.f_back
    while caller and caller.f_code.co_filename == logging.__file__:
        if caller.f_code in HEARD:
            return None
        caller = caller.f_back
    if not caller:
        return None
    told = frame.f_locals
    level, message = told.get("level", 0), told.get("msg")
    name = logging.getLevelName(level) if level else frame.f_code.co_name.upper()
    text = f"{name} {formatted(message, told.get('args', ()))}"
    literal = f"{name} {message}" if message in caller.f_code.co_consts else ""
    return Heard(text, literal, place_of(caller), is_silent(told.get("self")))


def formatted(message: Any, arguments: Any) -> str:
    """Return a message as a logger would."""
    try:
        return str(message) % arguments if arguments else str(message)
    except Exception:
        return str(message)


def is_silent(logger: Any) -> bool:
    """Tell whether a logger keeps silent in replay, as workflow.logger does."""
    return not getattr(logger, "log_during_replay", True)
