"""``python -m replaygate``."""

import sys

if __name__ == "__main__":  # a process that is spawned imports this module, too
    try:
        from replaygate.cli.command import run
    except ModuleNotFoundError as error:  # the folder was copied, not installed
        print(f"replaygate: {error}. Install what it needs: temporalio, rich.", file=sys.stderr)
        sys.exit(2)
    run()
