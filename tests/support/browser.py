"""An installed Chromium, and the Web UI in it: for ``test_browser.py`` and ``docs/pictures.py``."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ALONE = (  # what keeps it from talking to anybody but us
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str | None:
    """Find an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


@asynccontextmanager
async def open_page() -> AsyncIterator["Page"]:
    """Yield an empty page, two real pixels to each of its own, in a browser without a window."""
    from playwright.async_api import async_playwright  # installed by make test-browser only

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=[*ALONE, "--disable-gpu"]
        )
        context = await browser.new_context(
            viewport={"width": 1000, "height": 1000}, device_scale_factor=2, timezone_id="UTC"
        )
        yield await context.new_page()
        await browser.close()


async def open_downloads(page: "Page", form: str) -> None:
    """Choose a form in the download dialog: ``encoded``, ``decoded`` or (human) ``readable``."""
    await page.get_by_test_id("download").click()
    await page.get_by_test_id(f"use-{form}-setting-input").check()
