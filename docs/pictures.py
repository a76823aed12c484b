"""Makes the pictures of the documentation: ``make pictures``.

``run.svg`` is what the terminal shows when a real ``make run`` is killed while its Workflow
Execution sleeps, and ``make run`` then carries on. ``tests/support/photographs.py`` has the others.
"""

import io
import os
import re
import shutil
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from program import run
from tests.support.documents import link_environment
from tests.support.photographs import DOCS, photograph_shadow, photograph_sleep, photograph_walk
from tests.support.programs import ROOT, Project
from tests.support.servers import dev_server_pid
from tests.support.terminal import COLUMNS, PROMPT, Terminal

CAPTION = "make run, killed while asleep, and run again"

FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="-21 -16 {width} {height}" \
role="img" aria-label="CAPTION">
<style>
text {{ font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
{styles}
</style>
<rect x="-21" y="-16" width="100%" height="100%" rx="12" fill="#1b1d23"/>
{backgrounds}
{matrix}
</svg>
""".replace("CAPTION", CAPTION)


async def main() -> int:
    """Make the pictures; it takes the minute that the Workflow Execution sleeps."""
    await photograph_walk()
    await photograph_shadow()
    with TemporaryDirectory() as folder:
        project = Project(Path(folder))
        for name in ("Makefile", "requirements-run.txt"):
            shutil.copy(ROOT / name, project.directory)
        link_environment(project.directory)
        terminal = await asleep(project)
        try:
            assert dev_server_pid(project), "another Temporal Service answers at localhost:7233"
            address = re.search(rb"Web UI: (\S+)/history", terminal.data)
            assert address
            await photograph_sleep(f"{address[1].decode()}/timeline")
            assert b"TimerFired" not in terminal.data, "too slow: it has woken up"
            terminal.kill()
            await terminal.says(PROMPT, len(terminal.data))
            await terminal.says(rb"Results:", again := terminal.type("make run\n"))
            await terminal.says(PROMPT, again)
        finally:
            terminal.close()
            if server := dev_server_pid(project):
                os.kill(server, signal.SIGTERM)
        draw(terminal.screen()[:-1])
    return 0


async def asleep(project: Project) -> Terminal:
    """Return a terminal with a run that has fallen asleep; others are let go to their ends."""
    while True:
        terminal = Terminal(project.directory, project.environment)
        await terminal.says(PROMPT, 0)
        said = await terminal.says(b"TimerStarted|RunId", terminal.type("make run\n"))
        if said[0] == b"TimerStarted":
            return terminal
        await terminal.says(PROMPT, said.end())
        terminal.close()


def draw(lines: list[str]) -> None:
    """Draw the terminal, its lines broken where it breaks them."""
    console = Console(record=True, width=COLUMNS + 2, file=io.StringIO())
    for line in map(Text.from_ansi, lines):
        for start in range(0, max(len(line), 1), COLUMNS):
            console.print(line[start : start + COLUMNS])
    svg = console.export_svg(theme=DIMMED_MONOKAI, code_format=FRAME, unique_id="run")
    (DOCS / "run.svg").write_text(svg)


if __name__ == "__main__":
    run(main())
