"""``python -m replaygate``, and the command ``replaygate``."""

import gc
import sys


def main() -> None:
    """Import all that a run needs, and run the command."""
    gc.disable()  # nothing that is imported goes again, so to look for garbage only takes time
    try:
        from replaygate.cli.command import run
    except ModuleNotFoundError as error:  # the folder was copied, not installed
        print(f"replaygate: {error}. Install what it needs: temporalio, rich.", file=sys.stderr)
        sys.exit(2)
    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":  # a process that is spawned imports this module, too
    main()
