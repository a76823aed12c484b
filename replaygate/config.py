"""What a project says of its gate: ``[tool.replaygate]`` in its pyproject.toml."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from replaygate.mistake import Mistake

TABLE = "[tool.replaygate]"


@dataclass(frozen=True)
class Config:
    """The settings of a project; the command line goes first."""

    worker: str = ""
    client: str = ""
    histories: list[str] = field(default_factory=list)  # files and folders
    exclude: list[str] = field(default_factory=list)  # what counts only if it is named
    folder: Path = Path()  # where the pyproject.toml lies, from which the paths count


def load(start: Path) -> Config:
    """Read the nearest pyproject.toml with such a table, from ``start`` upwards.

    Raises:
        Mistake: It can't be read, or the table holds what we don't know.
    """
    for folder in (start, *start.resolve().parents):
        file = folder / "pyproject.toml"
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise Mistake(f"{file} can't be read: {error}") from None
        tool = tables.get("tool")
        if isinstance(tool, dict) and "replaygate" in tool:
            return checked(tool["replaygate"], file, folder)
    return Config(folder=start)


def checked(table: object, file: Path, folder: Path) -> Config:
    """Make sure that each value has its type."""
    if not isinstance(table, dict):
        raise Mistake(f"{file}: {TABLE} must be a table")
    for name, value in table.items():
        kind = Config.__annotations__.get(name)
        if kind not in (str, list[str]):
            raise Mistake(f"{file}: {TABLE} knows no {name!r}; it has {', '.join(known())}")
        listed = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not (isinstance(value, str) if kind is str else listed):
            wanted = "a text" if kind is str else "a list of texts"
            raise Mistake(f"{file}: {name} in {TABLE} must be {wanted}")
    return Config(**table, folder=folder)


def known() -> list[str]:
    """Return the names that the table may hold."""
    return [name for name in Config.__annotations__ if name != "folder"]
