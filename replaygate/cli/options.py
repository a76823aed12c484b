"""The options that several commands share, and what they mean together with the configuration."""

import argparse
import os
from pathlib import Path

from replaygate.config import Config, load
from replaygate.mistake import Mistake
from replaygate.targets.target import Target


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which Worker."""
    add = parser.add_argument
    add("--worker", metavar="M:A", help="MODULE:ATTRIBUTE that tells the Worker")
    add("--client", metavar="M:A", help="MODULE:ATTRIBUTE that tells its Client or converter")
    add("--app-dir", metavar="DIR", type=Path, help="where MODULE is looked for; default: here")
    add("--traceback", action="store_true", help="show where the Worker's own code fails")


def target_of(options: argparse.Namespace) -> tuple[Target, Config]:
    """Return the target that the command line or the configuration names.

    Raises:
        Mistake: Neither names one, or the configuration can't be read.
    """
    if options.app_dir and not options.app_dir.is_dir():
        raise Mistake(f"--app-dir {options.app_dir}: there is no such folder.")
    config = load(options.app_dir or Path())
    worker = options.worker or config.worker
    if not worker:
        raise Mistake(
            "Which Worker? Name it, as in --worker worker:main, or in pyproject.toml: "
            '[tool.replaygate] worker = "worker:main"'
        )
    folder = options.app_dir or config.folder
    return Target(worker, options.client or config.client, os.fspath(folder)), config


def text(value: str) -> str:
    """Refuse an empty text, as "$UNSET" is."""
    if not value:
        raise argparse.ArgumentTypeError("it is empty")
    return value


def seconds(value: str) -> float:
    """Parse a length of time: 90, 90s, 15m or 2h; select() takes none that is longer."""
    units = {"s": 1, "m": 60, "h": 3_600}
    unit = units.get(value[-1:])
    number = float(value[:-1] if unit else value) * (unit or 1)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{value} is not above 0, or is too long")
    return number


def count(value: str) -> int:
    """Parse a number of things, of which there is at least one."""
    if (number := int(value)) < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return number
