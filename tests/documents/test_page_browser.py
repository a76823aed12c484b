"""The page of ``explain --html`` in a real Chromium, from a file, without a network."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.recordings.scenarios import HISTORIES
from tests.support.browser import chromium, open_page
from tests.support.made_up import CODE, long_history
from tests.support.programs import Project

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason="no Chromium or Chrome is installed"),
    pytest.mark.skipif(not find_spec("playwright"), reason="no playwright: make test-browser"),
]

TIMER, BAD = "timer.python-1.35.0.json", "before-sleep-draw-7.python-1.35.0.json"
HOSTILE = "</script><script>document.title='hacked'</script><img src=x onerror=alert(1)>\u202e"


@pytest.fixture
async def page() -> AsyncIterator["Page"]:
    """A page that fails the test if a script fails or anything is asked of the network."""
    wrong: list[str] = []
    async with open_page() as page:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda asked: wrong.append(asked.url))
        yield page
    assert [one for one in wrong if not one.startswith("file:")] == []


async def open_explained(
    page: "Page", project: Project, history: str, worker: str = "worker:main"
) -> Path:
    """Explain a history of the project and open the page."""
    program = await project.run(
        "-m", "replaygate", "explain", history, "--worker", worker, "--html", "page.html"
    )
    assert program.process.returncode in (0, 1), program
    path = project.directory / "page.html"
    await page.goto(path.as_uri())
    return path


async def explained(page: "Page", project: Project, recording: str = TIMER) -> None:
    """Explain a recording and open the page."""
    shutil.copy(next(HISTORIES.rglob(recording)), project.directory)
    await open_explained(page, project, recording)


async def lit(page: "Page") -> list[str]:
    """Return the numbers of the Events, then of the lines, that are lit."""
    lit: list[str] = await page.locator("#events .now .id, #source .now b").all_inner_texts()
    return lit


async def test_stepping(page: "Page", project: Project) -> None:
    """Arrow keys, buttons and the slider step through the Workflow Tasks and light up what ran."""
    await explained(page, project)
    steps = [
        [*map(str, range(1, 6)), "22", "23", "24", "25"],
        [*map(str, range(6, 11)), "25", "26", "27", "28", "29"],
        [*map(str, range(11, 17)), "26"],
    ]
    assert await lit(page) == steps[0]
    await page.keyboard.press("ArrowRight")
    assert await lit(page) == steps[1]
    await page.get_by_label("Next Workflow Task").click()
    assert await lit(page) == steps[2]
    await page.keyboard.press("Home")
    assert await lit(page) == steps[0]
    await page.locator("#slider").fill("1")
    assert await lit(page) == steps[1]
    await page.locator("#slider").focus()
    await page.keyboard.press("ArrowLeft")
    assert await lit(page) == steps[0]


async def test_what_a_step_says(page: "Page", project: Project) -> None:
    """A step names what woke the code, what it gave, and where it waits; before it all is dim."""
    await explained(page, project)
    await page.keyboard.press("ArrowRight")
    assert (await page.locator("#told p").all_inner_texts())[:3] == [
        "Event 6 TimerFired wakes backgroundcheck.py:25",
        "Gives ScheduleActivityTask ssn_trace_activity at backgroundcheck.py:26, "
        "which is Event 10 ActivityTaskScheduled",
        "It waits at backgroundcheck.py:26",
    ]
    assert await page.locator("#events .past .id").all_inner_texts() == [*"12345"]
    assert await page.locator("#source .past:not(.now) b").all_inner_texts() == ["22", "23", "24"]


@pytest.mark.parametrize("width", [390, 800, 1600])
@pytest.mark.parametrize("colours", ["dark", "light"])
async def test_widths(page: "Page", project: Project, width: int, colours: Any) -> None:
    """From a phone to a wide screen, nothing is wider than the window, and Event and line join."""
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=colours)
    await explained(page, project)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    for pane in ("#history", "#source", "#told", "#slider"):
        box = await page.locator(pane).bounding_box()
        assert box
        assert box["width"] > 60
        assert box["x"] + box["width"] <= width
    assert await page.locator("#lines path").count() == 1


async def test_the_lines_join_what_belongs_together(page: "Page", project: Project) -> None:
    """The line drawn begins at the Event's row and ends at the line of code that gave it."""
    await explained(page, project)
    dots = [await dot.bounding_box() for dot in await page.locator("#lines circle").all()]
    ends = [
        await page.locator("#events li", has_text="TimerStarted").bounding_box(),
        await page.locator("#source .given").bounding_box(),
    ]
    for dot, end in zip(dots, ends, strict=True):
        assert dot
        assert end
        assert end["y"] <= dot["y"] + dot["height"] / 2 <= end["y"] + end["height"]


async def test_incompatible(page: "Page", project: Project) -> None:
    """The Event that differs is marked, with what the code gave in its place."""
    await explained(page, project, BAD)
    assert await page.locator("#events .differs .id").all_inner_texts() == ["5"]
    assert await page.locator("#source .wrong b").all_inner_texts() == ["25", "26"]
    said = await page.locator("#told").inner_text()
    assert "Instead gives StartTimer 60s at backgroundcheck.py:25" in said


async def test_hostile_texts(page: "Page", project: Project) -> None:
    """What stands in a history is shown as text, and never runs."""
    history = json.loads(next(HISTORIES.rglob(TIMER)).read_text())
    history["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"] = HOSTILE
    (project.directory / "it.json").write_text(json.dumps(history))
    source = project.directory / "backgroundcheck.py"
    source.write_text(f"{source.read_text()}\n# {HOSTILE[:-1]}\n")
    path = await open_explained(page, project, "it.json")
    assert await page.locator("img").count() == 0
    assert await page.title() == "it.json: BackgroundCheck replays."
    about = await page.locator("#about").inner_text()
    assert HOSTILE[:-1] + r"\u202e" in about
    assert "\u202e" not in path.read_text()


async def test_a_thousand_events(page: "Page", project: Project) -> None:
    """A thousand Events are stepped through without a visible pause."""
    (project.directory / "sleeper.py").write_text(CODE)
    (project.directory / "long.json").write_text(long_history(200))
    await open_explained(page, project, "long.json", "sleeper:WORKFLOWS")
    assert await page.locator("#events li").count() == 1005
    took = await page.evaluate(
        "() => { const begun = performance.now();"
        " for (let step = 0; step < 100; step++) show(step);"
        " return (performance.now() - begun) / 100; }"
    )
    assert took < 100  # milliseconds a step


async def test_print(page: "Page", project: Project) -> None:
    """On paper stand all Events, each beside its code, as the command prints them."""
    await explained(page, project)
    await page.emulate_media(media="print")
    printed = await page.locator("#print").inner_text()
    assert re.search(r"TimerStarted 60s +backgroundcheck\.py:25", printed)
    assert not await page.locator("main").is_visible()
