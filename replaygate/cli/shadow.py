"""``replaygate shadow`` and ``shadow-worker``: the gate on Temporal itself. Their options."""

import argparse
import math
import re
from pathlib import Path

from replaygate.cli import options as shared

DESCRIPTION = """Replays what a Temporal Service holds on any number of Workers, and waits.

Exit status 0: all replay. 1: at least one is incompatible. 2: something could not be verified.
"""
WORKER = """Replays slices of a shadow until it is told to end. Run it in the candidate's image."""


def shadow(options: argparse.Namespace) -> int:
    """Start a shadow, or do what else the options ask for."""
    from replaygate.cli import shadowing  # most runs do without it

    return shadowing.shadow(options)


def shadow_worker(options: argparse.Namespace) -> int:
    """Serve a shadow."""
    from replaygate.cli import shadowing

    return shadowing.shadow_worker(options)


def add_shadow(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replaygate shadow`` and its options."""
    parser = added(commands, "shadow", "replay histories on many Workers", DESCRIPTION)
    add, time = parser.add_argument, shared.seconds
    add("paths", nargs="*", type=shared.text, metavar="PATH", help="files and folders instead")
    add("--query", metavar="FILTER", help="the Executions that this List Filter finds")
    add("--sample", type=share, default=1.0, metavar="P", help="a share: 0.01, or 1%%")
    add("--at-least", type=shared.count, default=0, metavar="N", help="of each registered type")
    add("--limit", type=shared.count, default=0, metavar="N", help="at most so many")
    add("--stop-after", type=shared.count, default=0, metavar="N", help="kinds of incompatibility")
    add("--for", type=time, default=0.0, metavar="TIME", dest="seconds", help="90s, 15m or 2h")
    add("--rps", type=rate, default=0.0, metavar="N", help="requests a second in all")
    add("--strict", action="store_true", help="fail if a result differs, or if one is still stuck")
    add("--timeout", type=time, default=30.0, metavar="TIME", help="a history; 30s")
    add("--wait", type=time, default=60.0, metavar="TIME", help="for a Worker; default: 60s")
    add("--heartbeat", type=time, default=10.0, metavar="TIME", help="of a Worker; 10s")
    add("--size", type=shared.count, default=500, metavar="N", help="of a slice; default: 500")
    add("--json", action="store_true", help="print one JSON document instead")
    add("--junitxml", type=Path, metavar="FILE", help="write a JUnit report, too")
    add("--latest", action="store_true", help="only print the last verdict on this build")
    add("--schedule", type=time, metavar="EVERY", help="have it started again and again")
    parser.set_defaults(run=shadow)


def add_shadow_worker(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replaygate shadow-worker`` and its options."""
    parser = added(commands, "shadow-worker", "be one of those Workers", WORKER)
    parser.add_argument(
        "--jobs", type=shared.count, default=0, metavar="N", help="processes; default: the cores"
    )
    parser.set_defaults(run=shadow_worker)


def added(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    says: str,
    description: str,
) -> argparse.ArgumentParser:
    """Add a command with the options that both have."""
    parser = commands.add_parser(
        name,
        help=says,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    shared.add_target(parser)
    add = parser.add_argument
    add("--build", required=True, type=build, metavar="BUILD", help="of the candidate")
    add("--namespace", default="shadow", metavar="NAME", help="the shadow's own; default: shadow")
    add("--shadow-client", default="", metavar="M:A", help="where that Namespace is elsewhere")
    add("--shadow-profile", default="", metavar="NAME", help="or a profile of the SDK's TOML file")
    return parser


def build(value: str) -> str:
    """Parse a build id, which becomes part of names."""
    if not re.fullmatch(r"[\w.+-]{1,100}", value, re.ASCII):
        raise argparse.ArgumentTypeError(f"{value!r}: letters, digits and _.+- only, at most 100")
    return value


def rate(value: str) -> float:
    """Parse a number a second."""
    if not 0 < (number := float(value)) < math.inf:
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return number


def share(value: str) -> float:
    """Parse a share of all: 0.01, or 1%."""
    number = float(value[:-1]) / 100 if value.endswith("%") else float(value)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{value} is not above 0 and at most 100%")
    return number
