"""The chapter 'Retrieve a history': where a saved history comes from, it replays."""

import asyncio
import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from temporalio.client import Client, WorkflowHistory

from plumbing.commands import binary
from plumbing.settings import DEFAULTS
from tests.support.executions import completed, replay, worker
from tests.support.programs import Program, Project, free_port
from tests.support.servers import start_dev_server

SHOW = '"$0" workflow show --workflow-id "$1" --output json > "$2"'


async def shell(project: Project, script: str, *arguments: str) -> Program:
    """Run a script, with the CLI as ``$0``, as somebody does who has set the namespace."""
    sh, cli = shutil.which("sh"), binary("temporal")
    assert sh
    assert cli
    return await project.run(
        sh, "-c", script, cli, *arguments, TEMPORAL_NAMESPACE=DEFAULTS["namespace"]
    )


def history_in(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))


async def test_the_command_is_for_the_root(project: Project, client: Client, fresh_id: str) -> None:
    """A path that begins with tests/ is for the root; in tests/, there is no folder of that name.

    Claims: 2
    """
    async with worker(client, fresh_id):
        history = await completed(client, fresh_id, sleeps=False)
    project.serve_at(client.service_client.config.target_host)
    saved = project.directory / "tests" / "mine.json"
    saved.parent.mkdir()
    inside = await shell(project, f"cd tests && {SHOW}", history.workflow_id, "tests/mine.json")
    assert inside.process.returncode
    assert "tests/mine.json" in inside.err
    root = await shell(project, SHOW, history.workflow_id, "tests/mine.json")
    assert (root.process.returncode, root.err) == (0, "")
    await replay(history_in(saved))


async def test_the_address_is_an_option(project: Project, client: Client, fresh_id: str) -> None:
    """`--address` names a service of our own, whatever the environment says.

    Claims: 6
    """
    await client.start_workflow("BackgroundCheck", "555-55-5555", id=fresh_id, task_queue=fresh_id)
    project.serve_at("localhost:1")
    address, saved = client.service_client.config.target_host, project.directory / "mine.json"
    shown = await shell(project, f'{SHOW} --address "$3"', fresh_id, saved.name, address)
    assert (shown.process.returncode, shown.err) == (0, "")
    assert [event["eventId"] for event in json.loads(saved.read_text())["events"]] == ["1", "2"]
    await client.get_workflow_handle(fresh_id).terminate()


async def answer(url: str) -> bytes:
    """Get a page of the Web UI, which is up a little later than its Temporal Service."""
    while True:
        try:
            with await asyncio.to_thread(urllib.request.urlopen, url, timeout=10) as page:
                return bytes(page.read())
        except urllib.error.URLError:
            await asyncio.sleep(0.1)


async def test_what_the_web_ui_gets_replays(tmp_path: Path, fresh_id: str) -> None:
    """The history that the Web UI's server gives to its page can be replayed.

    What the page makes of it for a download is for test_browser.py.
    Claims: 7
    """
    port = free_port()
    async with await start_dev_server(port=port, ui=True, ui_port=port + 1000) as environment:
        client = environment.client
        async with worker(client, fresh_id):
            history = await completed(client, fresh_id, sleeps=False)
        page = f"http://127.0.0.1:{port + 1000}/api/v1/namespaces/{client.namespace}/workflows"
        url = f"{page}/{history.workflow_id}/history"
        given = json.loads(await answer(url))["history"]
    saved = tmp_path / "mine.json"
    saved.write_text(json.dumps(given))
    history = history_in(saved)
    assert len(history.events) == 11
    await replay(history)
