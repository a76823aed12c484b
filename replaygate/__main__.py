"""``python -m replaygate``."""

from replaygate.cli.command import run

if __name__ == "__main__":  # a process that is spawned imports this module, too
    run()
