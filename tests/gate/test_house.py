"""How the gate is built: its arrows run down only, and it knows no application."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import replaygate
from tests.support.programs import ROOT

GATE = ROOT / "replaygate"
ROOMS = (  # each may use those behind it, and none before it
    "__main__",
    "cli",
    "pytest_plugin",
    "shadow",
    "explain",
    "judging",
    "closely",
    "replay",
    "inputs",
    "outputs",
    "targets",
    "diagnosis",
    "processes",
    "frames",
    "report",
    "events",
    "verdict",
    "config",
    "program",
    "signals",
    "service",
    "mistake",
    "plain",
    "streams",
)
FACES = {"cli", "pytest_plugin"}
MAY_IMPORT = {"temporalio", "google", "rich", "pytest"}
MODULES = sorted(GATE.rglob("*.py"))
IMPURE = {"os", "io", "pathlib", "subprocess", "socket", "time", "multiprocessing", "threading"}


def imported(module: Path) -> Iterator[str]:
    """Yield what a module imports: ``replaygate.events``, ``json``."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            whole = node.module == "replaygate"
            yield from (f"replaygate.{n.name}" for n in node.names) if whole else [node.module]


def room(module: Path) -> str:
    """Return the folder or the top module that it stands in."""
    return module.relative_to(GATE).parts[0].removesuffix(".py")


def wrong(here: str, name: str) -> str:
    """Say what is wrong with it that a module of this room imports that name; else nothing."""
    top, _, rest = name.partition(".")
    if top != "replaygate":
        return "" if top in MAY_IMPORT or top in sys.stdlib_module_names else f"{name} is no part"
    there = rest.partition(".")[0]
    if there == here:
        return ""
    if {here, there} <= FACES:
        return f"{here} and {there} are faces, which do without each other"
    return "" if ROOMS.index(here) < ROOMS.index(there) else f"{here} stands below {there}"


def test_arrows_run_down() -> None:
    """A module uses its own room and those below it; nothing in the gate knows a program."""
    said = {
        (str(module.relative_to(GATE)), why)
        for module in MODULES
        for name in imported(module)
        if module != GATE / "__init__.py" and (why := wrong(room(module), name))
    }
    assert not said
    assert len(MODULES) > 80


def test_no_test_imports_a_test() -> None:
    """What several tests need stands in ``tests/support``."""
    tests = [*(ROOT / "tests").rglob("test_*.py")]
    importing = {path.name for path in tests for name in imported(path) if ".test_" in name}
    assert not importing
    assert len(tests) > 80


def test_public_names() -> None:
    """The package itself gives what a program needs, and types know the same names."""
    for name in replaygate.PUBLIC:
        assert getattr(replaygate, name).__name__ == name
    source = ast.parse((GATE / "__init__.py").read_text(encoding="utf-8"))
    named = {n.names[0].asname for n in ast.walk(source) if isinstance(n, ast.ImportFrom)} - {None}
    assert named == {*replaygate.PUBLIC}
    with pytest.raises(AttributeError, match="'replaygate' has no attribute 'nothing'"):
        getattr(replaygate, "nothing")  # noqa: B009 - mypy knows that there is none


def test_the_wheel_has_all() -> None:
    """What is imported is required, and each package and each file beside the code is packed."""
    declared = tomllib.loads((GATE / "pyproject.toml").read_text(encoding="utf-8"))
    project, packed = declared["project"], declared["tool"]["setuptools"]
    required = project["dependencies"] + project["optional-dependencies"]["pytest"]
    tops = {name.partition(".")[0] for module in MODULES for name in imported(module)}
    foreign = tops - sys.stdlib_module_names - {"replaygate"}
    assert foreign - {"google"} == {re.split(r"\W", name)[0] for name in required}  # of temporalio

    folders = {module.parent for module in MODULES}
    assert {*packed["packages"]} == {".".join(f.relative_to(ROOT).parts) for f in folders}
    others = {
        str(path.relative_to(GATE))
        for folder in folders
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    left_out = {"README.md", "pyproject.toml"}
    assert {*packed["package-data"]["replaygate"]} == others - left_out


@pytest.mark.parametrize("name", ["diagnosis", "report.py", "events.py", "verdict.py"])
def test_pure(name: str) -> None:
    """What a diagnosis and a report say depends on no file, process or clock."""
    path = GATE / name
    for module in [path] if path.is_file() else path.glob("*.py"):
        assert not IMPURE & {each.partition(".")[0] for each in imported(module)}, module
