"""The documents, held against the project: whoever changes one and forgets the other sees red.

A failure begins with the document and the line that is not true any more.
"""

import asyncio
import functools
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from connection import TASK_QUEUE, runtime
from plumbing.commands import binary
from plumbing.settings import DEFAULTS
from tests.support import zygote
from tests.support.documents import (
    DOCUMENTS,
    SOURCES,
    Reader,
    all_parts,
    copy_of_the_project,
    link_environment,
    parts,
    steps,
)
from tests.support.executions import started
from tests.support.matrix import matrix_markdown
from tests.support.programs import ROOT, clean_environment, free_port
from tests.support.versions import rows

LANGUAGES = {"", "console", "sh", "python", "text", "mermaid"}
LANGUAGES |= {"toml", "yaml"}  # test_take_home.py; what docs/shadowing.md says that nobody has run
README = ROOT / "README.md"
FOLDERS = [ROOT, *(ROOT / "tests").glob("**/")]  # in which a file is named without its path
MAKEFILE = (ROOT / "Makefile").read_text()
# By whoever follows the documents.
MADE_LATER = {".env", ".venv", ".temporal", "mine.json", "tests/test_mine.py"}


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    copy = copy_of_the_project(tmp_path)
    link_environment(copy)
    reader = Reader(copy, free_port())
    yield reader
    await reader.close()


@pytest.mark.timeout(240)
async def test_what_is_shown_is_what_happens(reader: Reader) -> None:
    """Every command of the documents, in their order, prints what is shown below it.

    Every Python block passes as a test, and the edit that the README proposes is made and undone.
    """
    for part in all_parts("", "console", "sh", "python"):
        if part.language == "":
            await reader.edit(part)
        elif part.language == "python":
            await reader.python(part)
        elif "curl " not in part.text:  # see test_the_binaries_are_compared
            if "--query" in part.text:  # before a rollout, something runs
                await something_runs(reader)
            if part.language == "sh":
                await reader.sh(part.at(), part.text)
            else:
                await reader.console(part)


async def something_runs(reader: Reader) -> None:
    """Start a Workflow Execution that sleeps while the reader reads on."""
    client = await Client.connect(
        reader.address, namespace=DEFAULTS["namespace"], runtime=runtime()
    )
    async for found in client.list_workflows(f'WorkflowId STARTS_WITH "{TASK_QUEUE}"'):
        if found.close_time is None:
            await client.get_workflow_handle(found.id).terminate()
    await started(client, TASK_QUEUE, sleeps=True)


CURL = """#!/usr/bin/env python
import io, sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|gz") as archive:
    folder = sys.argv[-1].split("/")[-1].removesuffix(".tar.gz")
    for name in ("temporal", f"{folder}/temporal-test-server"):
        member = tarfile.TarInfo(name)
        member.size = 6
        archive.addfile(member, io.BytesIO(b"binary"))
"""


async def test_the_binaries_are_compared(reader: Reader) -> None:
    """The script that compares the servers with the official releases prints pairs of one hash.

    It runs with a `curl` that makes archives as they are released: tests use no Internet.
    """
    programs = reader.copy / ".venv" / "bin"
    (programs / "curl").write_text(CURL)
    (programs / "curl").chmod(0o700)
    for name in ("temporal", "temporal-test-server"):
        (programs / name).unlink(missing_ok=True)
        (programs / name).write_text("binary")
    for part in all_parts("sh"):
        if "curl " in part.text:
            printed = await reader.sh(part.at(), part.text)
            hashes = [line.split()[0] for line in printed.splitlines()]
            assert len(hashes) == 4, f"{part.at()}: {printed}"
            assert hashes[0::2] == hashes[1::2], f"{part.at()}: {printed}"


def test_every_block_is_tested() -> None:
    """A block is of a language that a test runs, or is plain text or a diagram."""
    for document in DOCUMENTS:
        for part in parts(document):
            assert part.language in LANGUAGES, f"{part.at()}: {part.language} is run by no test"


def code() -> Iterator[tuple[str, str]]:
    """Everything that stands as code in the documents, with its place."""
    for part in all_parts("", "console", "sh"):
        if part.language == "console":
            yield from ((step.where, step.command) for step in steps(part))
        elif part.language == "sh":
            yield part.at(), part.text
        else:
            for span in re.finditer(r"`([^`]+)`", part.text):
                yield part.at(span.start()), span[1]


def named(pattern: str) -> Iterator[tuple[str, str]]:
    """Each match of a pattern in the documents' code, with its place."""
    for where, text in code():
        yield from ((where, match[0]) for match in re.finditer(pattern, text))


def test_every_file_exists() -> None:
    """Every file and folder that the documents name is there, or its reader makes it."""
    for part in all_parts(""):
        for span in re.finditer(
            r"`([\w./-]+(?:\.(?:py|md|txt|json|toml|example|env)|/))`", part.text
        ):
            name = span[1]
            there = any((folder / name).exists() for folder in FOLDERS)
            assert there or name in MADE_LATER, f"{part.at(span.start())}: there is no {name}"


def test_every_module_is_listed() -> None:
    """The README's list of files has each module of the project's root."""
    for module in ROOT.glob("*.py"):
        assert f"[{module.name}]({module.name})" in README.read_text(), f"README.md: {module.name}"


def test_every_target_exists() -> None:
    """Every target that the documents give make is in the Makefile."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", MAKEFILE))
    for where, command in named(r"(?:^|[\s;=&.\d])make(?: [a-z-]+)+"):
        for target in command.split("make")[1].split():
            assert target in targets, f"{where}: there is no make {target}"


def test_help_lists_every_target() -> None:
    """`make help` has a line for every target, with what it is for."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = re.findall(r"(?m)^make ([a-z-]+) +\S.*$", listed.stdout)
    assert names == re.findall(r"(?m)^\.PHONY: ([a-z-]+)$", MAKEFILE)


@functools.cache
def options_of(program: str) -> set[str]:
    """The options that a program takes, from its source or its help."""
    if program.startswith("replaygate"):
        command = ["-m", *program.split(), "--help"]
        status, help, _ = asyncio.run(zygote.called(command, ROOT, clean_environment(ROOT)))
        assert status == 0
        return set(re.findall(r"--[a-z-]+", help))
    if program.endswith(".py"):
        return set(re.findall(r'"(--[a-z-]+)"', (ROOT / program).read_text()))
    cli = binary("temporal")
    assert cli
    said = [
        subprocess.run([cli, *words], capture_output=True, text=True, check=True).stdout
        for words in ([*program.split()[1:], "--help"], ["options"])
    ]
    return set(re.findall(r"--[a-z-]+", " ".join(said)))


PROGRAM = r"\b(\w+\.py\b|replaygate [a-z]+|temporal(?: [a-z-]+){2})"
OURS = (
    "main.py",
    "replaygate check",
    "replaygate explain",
    "replaygate shadow",
    "temporal workflow show",
    "temporal server start-dev",
)


def test_every_option_exists() -> None:
    """Every option belongs to the program it is given to; one that stands alone, to any of ours."""
    for where, text in code():
        for option in re.finditer(r"(?<!\S)--[a-z-]+", text):
            before = [*re.finditer(PROGRAM, text[: option.start()])]
            programs = [before[-1][1]] if before else OURS
            if not before and re.search(r"\w", text[: option.start()]):
                continue  # another's program
            taken = set().union(*map(options_of, programs))
            assert option[0] in taken, f"{where}: {', '.join(programs)} takes no {option[0]}"


def reads(variable: str) -> bool:
    """Does the SDK's or our configuration read this environment variable?"""
    if not variable.startswith("TEMPORAL_"):
        return any(f'"{variable}"' in source.read_text() for source in SOURCES)
    value = __file__ if variable.endswith("_PATH") else "true"
    config, bare = (
        ClientConfig.load_client_connect_config(disable_file=True, override_env_vars=variables)
        for variables in ({variable: value}, {})
    )
    return config != bare


def test_every_variable_exists() -> None:
    """Every environment variable that the documents name changes how the programs connect."""
    for where, variable in named(r"\b(?:TEMPORAL|BACKGROUNDCHECK)_[A-Z_]+\*?(?![A-Z_])"):
        if variable.endswith("*"):
            assert variable[:-1] in (ROOT / ".env.example").read_text(), where
        else:
            assert reads(variable), f"{where}: nobody reads {variable}"


def test_every_constant_exists() -> None:
    """Every name in capitals that the documents ask to change stands in a file of ours."""
    sources = "\n".join([MAKEFILE, *(source.read_text() for source in SOURCES)])
    for where, name in named(r"(?<![\w$/])(?!TEMPORAL_)[A-Z][A-Z_]{3,}(?![\w/])"):
        assert re.search(rf"\b{name}\b", sources), f"{where}: nothing is called {name}"


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"(?m)^#+ (.*)$", document.read_text())
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links() -> Iterator[tuple[str, Path, str]]:
    """Each link that stays in the project: where it stands, its file, its anchor."""
    for part in all_parts(""):
        for link in re.finditer(r"\]\(([^)\s]+)\)", part.text):
            path, _, anchor = link[1].partition("#")
            if "://" not in path:
                target = part.document.parent / path if path else part.document
                yield part.at(link.start()), target, anchor


def test_every_link_resolves() -> None:
    """Every link and every picture leads to a file of the project, and to a heading there."""
    dead = [
        f"{where}: there is no {os.path.relpath(target, ROOT)} #{anchor}".removesuffix(" #")
        for where, target, anchor in links()
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert dead == []


def test_every_picture_is_small() -> None:
    """A picture has less than 200 KB."""
    for where, target, _ in links():
        if target.suffix in (".png", ".svg") and target.exists():
            assert target.stat().st_size < 200_000, f"{where}: {target.name} is too large"


def test_the_matrix_is_shown() -> None:
    """The README shows the matrix of changes as the tests hold it."""
    rows, readme = matrix_markdown().splitlines(), README.read_text().splitlines()
    assert rows[0] in readme, f"README.md: put the matrix there:\n{matrix_markdown()}"
    start = readme.index(rows[0])
    for number, (row, shown) in enumerate(zip(rows, readme[start:], strict=False), start + 1):
        assert shown == row, f"README.md:{number}: the matrix has here {row}"


def test_the_stages_are_shown() -> None:
    """The README shows which stage of the code replays which, as the tests hold it."""
    readme, words = README.read_text().splitlines(), {".": "yes", "N": "no"}
    start = readme.index("| code | initial | patched | deprecated | removed |")
    for number, (code, cells) in enumerate(rows().items(), start + 3):
        row = f"| {code} | {' | '.join(words[cell] for cell in cells.values())} |"
        assert readme[number - 1] == row, f"README.md:{number}: the tests have here {row}"
