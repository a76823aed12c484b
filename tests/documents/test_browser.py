"""The Web UI in a real Chromium: it shows the Events, and downloads them in three forms."""

import re
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import chromium, open_downloads, open_page
from tests.support.executions import AWAKE
from tests.support.programs import GATE, NEVER, Project, free_port
from tests.support.servers import start_dev_server

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason="no Chromium or Chrome is installed"),
    pytest.mark.skipif(not find_spec("playwright"), reason="no playwright: make test-browser"),
]

REPLAYS = "1 replay, 0 incompatible, 0 not verified"
PLAIN_TEXT = (
    "downloaded.json: its payloads are plain text: download it from the Web UI as Encoded, "
    "from the HTTP API as application/json\\+no-payload-shorthand\n"
    "0 replay, 0 incompatible, 1 not verified"
)


@pytest.fixture
async def page(project: Project) -> AsyncIterator["Page"]:
    """The page that ``main.py --local`` names, of an Execution that has completed."""
    port = free_port()
    async with (
        await start_dev_server(ip="127.0.0.1", port=port, ui=True, ui_port=port + 1000),
        open_page() as page,
    ):
        project.serve_at(f"127.0.0.1:{port}")
        project.change("backgroundcheck.py", "random_number < 50", NEVER)
        starter = await project.run("main.py", "--local")
        address = re.search(r"^Web UI: (\S+)$", starter.out, re.MULTILINE)
        assert address
        await page.goto(address[1])
        yield page


async def test_the_events(page: "Page") -> None:
    """The page shows every Event, the newest first, by number and type."""
    rows = page.get_by_test_id("event-summary-row")
    await rows.nth(len(AWAKE) - 1).wait_for()
    cells = [row.split("\n\t\n")[:3] for row in await rows.all_inner_texts()]
    shown = [(int(number), words.strip().replace(" ", "")) for number, _, words in cells]
    assert shown == [*enumerate(AWAKE, 1)][::-1]


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        pytest.param("encoded", 0, REPLAYS, id="encoded"),
        pytest.param("decoded", 0, REPLAYS, id="decoded"),
        pytest.param("readable", 2, PLAIN_TEXT, id="human-readable"),
    ],
)
async def test_the_download(
    page: "Page", project: Project, form: str, status: int, says: str
) -> None:
    """Encoded and Decoded replay; Human Readable gets one line that says what to take.

    Claims: 7
    """
    await open_downloads(page, form)
    async with page.expect_download() as download:
        await page.get_by_role("dialog").get_by_role("button", name="Download").click()
    await (await download.value).save_as(project.directory / "downloaded.json")
    gate = await project.run(*GATE, "downloaded.json")
    assert gate.process.returncode == status, gate
    assert re.fullmatch(rf"{says} \(\d+\.\d s\)\n", gate.out), gate
    assert gate.err == ""
