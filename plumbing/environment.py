"""The variables that configure us: which are set, where they were set, and which nobody reads."""

import difflib
import functools
import logging
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

import codec
from plumbing.commands import ROOT
from program import Mistake

CHOICE = "BACKGROUNDCHECK_ENV_FILE"  # names another file
ENV_FILE = Path(os.path.expanduser(os.environ.get(CHOICE, "")) or ROOT / ".env")  # noqa: PTH111
PREFIXES = ("TEMPORAL_", codec.VARIABLE.partition("_")[0] + "_")
PATHS = re.compile(r"TEMPORAL_(CONFIG_FILE|TLS_\w+_PATH)")
TLS_NAMES = {
    f"TEMPORAL_TLS_{what}_{how}"
    for what in ("SERVER_CA_CERT", "CLIENT_CERT", "CLIENT_KEY")
    for how in ("PATH", "DATA")
}
READ = {
    *("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS"),
    *("TEMPORAL_TLS_SERVER_NAME", "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"),
    *TLS_NAMES,
    *(codec.VARIABLE, CHOICE),
}
FOR_OTHERS = re.compile(
    r"TEMPORAL_(GRPC_META_|CODEC_|CLI_|ENV$|ENV_FILE$|DEBUG$|CLIENT_AUTHORITY$|SDK_)"
)
OLD = {  # the CLI still reads the names on the left
    "TEMPORAL_TLS_CERT": "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "TEMPORAL_TLS_CERT_DATA": "TEMPORAL_TLS_CLIENT_CERT_DATA",
    "TEMPORAL_TLS_KEY": "TEMPORAL_TLS_CLIENT_KEY_PATH",
    "TEMPORAL_TLS_KEY_DATA": "TEMPORAL_TLS_CLIENT_KEY_DATA",
    "TEMPORAL_TLS_CA": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "TEMPORAL_TLS_CA_DATA": "TEMPORAL_TLS_SERVER_CA_CERT_DATA",
    "TEMPORAL_CLI_ADDRESS": "TEMPORAL_ADDRESS",
    "TEMPORAL_CLI_NAMESPACE": "TEMPORAL_NAMESPACE",
}

warn_once = functools.cache(logging.warning)


def load_env(env_file: Path) -> dict[str, str]:
    """Put what ``.env`` sets into the environment, where a variable that is there already wins.

    Returns:
        For each variable that is set the place where it was set.

    Raises:
        Mistake: The file can't be read, or a line of it can't be parsed.
    """
    here = {name: "in the environment" for name, value in os.environ.items() if value}
    values = _values(env_file)
    for name, value in values.items():
        try:
            if os.environ.setdefault(name, value) == value:
                here[name] = f"in {env_file}"
        except ValueError as error:  # a NUL, or what can't be encoded
            raise Mistake(f"{env_file} can't be read: {name}: {error}") from None
    if odd := [text for name in sorted({*here} | {*values}) if (text := _oddity(name, here))]:
        warn_once("Ignored: %s.", "; ".join(odd))
    return here


def _values(env_file: Path) -> dict[str, str]:
    """Read the file; its relative paths count from where it is."""
    try:
        named = os.environ.get(CHOICE) and env_file == ENV_FILE
        if str(env_file) == os.devnull or not (os.path.lexists(env_file) or named):
            return {}
        if not env_file.is_file():  # a pipe would make us wait, a device would never end
            raise Mistake(f"{env_file} can't be read: it is not a file.")
        _check_lines(env_file)
        found = dotenv_values(env_file)
    except UnicodeDecodeError:
        raise Mistake(f"{env_file} can't be read: save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise Mistake(f"{env_file} can't be read: {why}") from None
    values = {name: value for name, value in found.items() if name and value}
    for name in filter(PATHS.fullmatch, values):
        values[name] = str(env_file.parent / os.path.expanduser(values[name]))  # noqa: PTH111
    return values


def _check_lines(env_file: Path) -> None:
    with env_file.open(encoding="utf-8") as lines:
        mode = os.fstat(lines.fileno()).st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            warn_once(f"{env_file} may hold keys, and others can read it: chmod 600 {env_file}")
        for binding in parse_stream(lines):
            if binding.error or (binding.key and binding.value is None):
                where = f"{env_file}, line {binding.original.line}"
                raise Mistake(f"{where}: this is no NAME=value. Mend the line or remove it.")


def _oddity(name: str, here: Mapping[str, str]) -> str:
    """Say what is wrong with a variable's name; nothing, if somebody reads it."""
    if new := OLD.get(name):
        only = f"{name} {here.get(name, '')}, which only the temporal CLI reads: write {new}"
        return "" if new in here else only
    if name in READ or FOR_OTHERS.match(name):
        return ""
    bare = re.sub(r"^\W*(env:)?", "", name).upper()  # PowerShell sets $env:NAME
    near = difflib.get_close_matches(bare, READ, 1, 0.85)
    if name.startswith(PREFIXES) or (near and bare.startswith("TEMP")):
        hint = f": is it {near[0]}?" if near else ""
        return f"{name} {here.get(name, 'in .env')}, which nobody reads{hint}"
    return ""
