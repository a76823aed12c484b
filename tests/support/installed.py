"""The gate as others have it: its wheel, and an environment that holds what is needed and no more.

What our environment has already is linked from there, so that nothing is fetched or compiled anew.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    distributions,
    version,
)
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.programs import ROOT

BUILD = "import sys, {0}; {0}.build_wheel(sys.argv[1])"


def wheel(factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of the folder; all processes of a run share one."""
    shared = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else None
    folder = (shared or factory.getbasetemp()) / "wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made := [*folder.glob("*.whl")]):
            source = folder / "source"
            caches = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "replaygate", source, ignore=caches)
            build(source, folder)
            made = [*folder.glob("*.whl")]
    (one,) = made
    return one


def build(source: Path, folder: Path) -> None:
    """Make the wheel as pip does, with the backend that the folder names; ours is new enough."""
    with (source / "pyproject.toml").open("rb") as file:
        system = tomllib.load(file)["build-system"]
    for requirement in map(Requirement, system["requires"]):
        assert version(requirement.name) in requirement.specifier
    command = [sys.executable, "-c", BUILD.format(system["build-backend"]), str(folder)]
    subprocess.run(command, cwd=source, check=True, timeout=110, stdout=subprocess.DEVNULL)


def pip(*arguments: str) -> None:
    """Run pip, which fetches nothing."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run([*command, "--no-index"], check=True, timeout=110)


def required_by(wheel: Path) -> list[str]:
    """Return the names of the distributions that a wheel requires."""
    (found,) = distributions(path=[str(wheel)])
    return [*required(found)]


def required(found: Distribution) -> Iterator[str]:
    """Yield the names of what a distribution requires here, and not for an extra."""
    for requirement in map(Requirement, found.requires or ()):
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def link(names: Iterable[str], packages: Path) -> None:
    """Give an environment these distributions and all that they require, as far as we have them."""
    for found in closure(names):
        for name in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
            source, target = Path(str(found.locate_file(name))), packages / name
            if source.is_dir():
                shutil.copytree(source, target, copy_function=linked, dirs_exist_ok=True)
            elif not target.exists():
                linked(source, target)


def linked(source: str | Path, target: str | Path) -> None:
    """Link a file, or copy it to another file system."""
    try:
        os.link(source, target)
    except FileExistsError:
        pass
    except OSError:
        shutil.copy2(source, target)


def closure(names: Iterable[str]) -> Iterator[Distribution]:
    """Yield the distributions of these names, and of all that they require here."""
    wanted, seen = [*names], set[str]()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        yield found
        wanted += required(found)
