"""Photographs pages of the Web UI and of ``explain --html``, each with the words of its page.

So ``test_photographs.py`` can compare them with what is there now.
"""

import asyncio
import sys
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.browser import open_downloads, open_page
from tests.support.programs import ROOT, free_port
from tests.support.servers import start_dev_server
from tests.support.shadows import ALL, Field, fill

DOCS = ROOT / "docs"
INTO_THE_SLEEP = 15  # seconds
INTO_THE_SHADOW = 12
LAST = 12  # bytes of a PNG's last chunk


async def photograph_sleep(address: str) -> None:
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
        keep_words(DOCS / "timeline.png", await page.inner_text("body"))
        await page.set_viewport_size({"width": 800, "height": 600})
        await open_downloads(page, "encoded")
        dialog = page.locator("dialog[open]")
        await dialog.screenshot(path=DOCS / "download.png", animations="disabled")
        keep_words(DOCS / "download.png", await dialog.inner_text())


async def photograph_walk() -> None:
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
            keep_words(DOCS / "walk.png", await page.inner_text("body"))


async def photograph_shadow() -> None:
    """Take a shadow when it has replayed some."""
    port = free_port()
    with TemporaryDirectory() as folder:
        async with await start_dev_server(port=port, ui=True, ui_port=port + 1000) as server:
            field = Field(Path(folder), server.client)
            await field.open()
            await fill(field.client, 400)
            await field.worker("candidate")
            await field.begin("candidate", *ALL, "--rps", "20", "--size", "50")
            await asyncio.sleep(INTO_THE_SHADOW)
            async with open_page() as page:
                await page.set_viewport_size({"width": 1180, "height": 1000})
                place = f"{field.own.namespace}/workflows/shadow-candidate"
                await page.goto(f"http://localhost:{port + 1000}/namespaces/{place}")
                await page.get_by_text("User Metadata").click()
                details = page.frame_locator("iframe")
                await details.get_by_text("Replay of Event Histories").wait_for()
                title = await page.get_by_text("shadow-candidate").first.bounding_box()
                assert title
                await page.screenshot(
                    path=DOCS / "shadow.png",
                    scale="css",
                    clip={"x": title["x"] - 16, "y": title["y"] - 64, "width": 892, "height": 784},
                )
                keep_words(DOCS / "shadow.png", await details.locator("body").inner_text())
            await field.project.close()


def keep_words(picture: Path, words: str) -> None:
    """Write into a picture what it shows, as its description (PNG, third edition, 11.3.3.4)."""
    kind, data = b"iTXt", b"Description\0\0\0\0\0" + " ".join(words.split()).encode()
    chunk = len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
    content = picture.read_bytes()
    picture.write_bytes(content[:-LAST] + chunk + content[-LAST:])
