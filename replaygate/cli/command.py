"""The command ``replaygate``: reads its arguments and runs what they name."""

import argparse
import sys
from collections.abc import Sequence

from replaygate import program
from replaygate.cli.check import DESCRIPTION, add_check
from replaygate.cli.explain import add_explain
from replaygate.cli.shadow import add_shadow, add_shadow_worker


def run() -> None:
    """Run the command and exit with its status."""
    options = parsed(sys.argv[1:])
    program.run(lambda: int(options.run(options)))


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit status."""
    options = parsed(arguments)
    return int(options.run(options))


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; with --help, or if they are wrong, it ends the process."""
    parser = argparse.ArgumentParser(
        "replaygate",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_check(commands)
    add_explain(commands)
    add_shadow(commands)
    add_shadow_worker(commands)
    return parser.parse_args(arguments)
