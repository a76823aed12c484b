"""The TOML file with profiles, which the SDK and the ``temporal`` CLI read, too."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temporalio.envconfig import ClientConfigProfile

from plumbing.environment import warn_once
from program import Mistake

FILE, PROFILE = "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"


def variables() -> dict[str, str]:
    """An empty variable counts as unset: that is how a half-filled .env file looks."""
    variables = {name: value for name, value in os.environ.items() if value}
    if FILE in variables:
        variables[FILE] = os.path.expanduser(variables[FILE])  # noqa: PTH111
    return variables


def path() -> Path:
    """The file, where the SDK looks for it."""
    home = Path.home()
    folders = {"win32": home / "AppData/Roaming", "darwin": home / "Library/Application Support"}
    default = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
    folder = Path(folders.get(sys.platform, default))
    return Path(variables().get(FILE) or folder / "temporalio" / "temporal.toml")


def in_file(here: Mapping[str, str]) -> Mapping[str, Any]:
    """What the profile sets; ``here`` says where each variable was set.

    Raises:
        Mistake: There is no such file or profile, or it can't be read.
    """
    file, given = path(), variables()
    if FILE in given and not file.exists():
        raise Mistake(f"{FILE} {here[FILE]} names {file}: No such file or directory.")
    if file.exists() and not file.is_file():
        raise Mistake(f"{file} holds no profiles: it is not a file.")
    chosen = {name: given[name] for name in (FILE, PROFILE) if name in given}
    try:
        found = ClientConfigProfile.load(override_env_vars=chosen).to_dict()
    except Exception as error:  # the bridge's ConfigError has no public name
        who = f"{PROFILE} {here[PROFILE]}, " if PROFILE in here else ""
        raise Mistake(f"{who}{file}: {_without_source(error)}") from None
    try:
        ClientConfigProfile.load(override_env_vars=chosen, config_file_strict=True)
    except Exception as error:
        warn_once(f"Ignored in {file}: {_without_source(error)}")
    return found


def _without_source(error: Exception) -> str:
    """Return what is wrong, in one line, without the lines of the file: a key may stand there."""
    lines = str(error).splitlines()
    return " ".join(line.strip() for line in lines if not re.match(r"\s*\d* *\|", line))
