"""Commands as they work in the shell of the person who reads them, activated or not."""

import shlex
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def binary(name: str) -> str | None:
    """Find a server's binary beside this interpreter (no activation needed), else on PATH."""
    return shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)


def python(script: str, *arguments: str) -> str:
    """The command line that runs a program of this project."""
    return _line(_program("python", sys.executable), ROOT / script, *arguments)


def temporal(*arguments: str) -> str:
    """A command line of the ``temporal`` CLI."""
    return _line(_program("temporal", binary("temporal") or "temporal"), *arguments)


def make(folder: Path, *words: str) -> str:
    """A command line of ``make`` for that folder."""
    elsewhere = [] if folder == Path.cwd() else ["-C", str(folder)]
    return _line("make", *elsewhere, *words)


def _program(name: str, path: str) -> str:
    """The name alone, if the shell finds that very file by it."""
    return name if shutil.which(name) == path else path


def _line(*words: str | Path) -> str:
    here = f"{Path.cwd()}/"
    return " ".join(shlex.quote(str(word).removeprefix(here)) for word in words)
