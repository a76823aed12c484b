"""Makes the pictures of the documentation from one real ``make run``: ``make pictures``.

``timeline.png`` and ``download.png`` show the Web UI while the Workflow Execution sleeps;
``run.svg`` is what the terminal shows when that run is killed and ``make run`` then carries on.
``walk.png`` is a page that ``replaygate explain`` writes.
"""

import asyncio
import io
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from program import run
from tests.support.browser import open_downloads, open_page
from tests.support.documents import link_environment
from tests.support.programs import ROOT, Project
from tests.support.servers import dev_server_pid
from tests.support.terminal import COLUMNS, PROMPT, Terminal

DOCS = Path(__file__).parent
CAPTION = "make run, killed while asleep, and run again"
INTO_THE_SLEEP = 15  # seconds

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
    await step_through()
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
            await photograph(f"{address[1].decode()}/timeline")
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


async def photograph(address: str) -> None:
    """Take the timeline and the download dialog of the sleeping Workflow Execution."""
    await asyncio.sleep(INTO_THE_SLEEP)
    async with open_page() as page:
        await page.set_viewport_size({"width": 1180, "height": 1000})
        await page.goto(address)
        await page.get_by_text("1 (1m)").wait_for()
        await page.wait_for_timeout(3000)  # it has begun to draw
        tabs = await page.get_by_test_id("timeline-tab").bounding_box()
        assert tabs
        await page.screenshot(
            path=DOCS / "timeline.png",
            clip={"x": tabs["x"] - 16, "y": tabs["y"] - 8, "width": 892, "height": 532},
        )
        await page.set_viewport_size({"width": 800, "height": 600})
        await open_downloads(page, "encoded")
        await page.locator("dialog[open]").screenshot(
            path=DOCS / "download.png", animations="disabled"
        )


async def step_through() -> None:
    """Take the second step of the history that sleeps."""
    history = "histories/timer.python-1.35.0.json"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "walk.html"
        command = [sys.executable, "-m", "replaygate", "explain", history, "--html", str(file)]
        await (await asyncio.create_subprocess_exec(*command, cwd=ROOT)).wait()
        async with open_page() as page:
            await page.set_viewport_size({"width": 1100, "height": 640})
            await page.goto(file.as_uri())
            await page.keyboard.press("ArrowRight")
            await page.screenshot(path=DOCS / "walk.png", scale="css")


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
