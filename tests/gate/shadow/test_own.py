"""The shadow's own histories: small, encrypted as the target's are, and gated like all others."""

import shutil
from pathlib import Path

from replaygate.shadow.request import name_of
from tests.gate.shadow.conftest import MANY
from tests.recordings.keys import TEST_KEY
from tests.recordings.scenarios import HISTORIES
from tests.support.programs import GATE, Project, status
from tests.support.servers import start_dev_server
from tests.support.shadows import ALL, SERVES, SHADOW, WORKER, Field, document, fill, outcome

RECORDED = Path(__file__).parent / "histories"
OWN = ("--worker", "replaygate.shadow.workflow:Shadow")
APPLICATION = ("--worker", "worker:backgroundcheck_worker", "--client", "connection:connect")


async def test_recorded(project: Project) -> None:
    """Shadows of the past replay; renaming the Activity breaks each of them."""
    shutil.copytree(RECORDED, project.directory / "shadows")
    found = await project.run(*GATE, *OWN, "shadows")
    assert status(found) == 0, found
    count = len(list(RECORDED.glob("*.json")))
    assert count > 4
    assert found.out.startswith(f"{count} replay, 0 incompatible, 0 not verified (")
    project.change("replaygate/shadow/request.py", '"shadow_slice"', '"slice"')
    broken = await project.run(*GATE, *OWN, "shadows")
    assert status(broken) == 1
    assert f" {count} incompatible, " in broken.out


async def test_a_small_history(field: Field) -> None:
    """A slice costs a shadow's history a few Events, whatever the number of Executions in it."""
    assert outcome(await field.document("good", *ALL)) == (0, MANY, 0, 0)
    history = await field.own.get_workflow_handle(name_of("good")).fetch_history()
    assert len(history.events) < 25
    assert sum(event.ByteSize() for event in history.events) < 6_000


async def test_files_and_encryption(field: Field) -> None:
    """Slices of files are replayed, too; a shadow's payloads go through the target's codec."""
    shutil.copytree(HISTORIES, field.project.directory / "histories")
    shutil.rmtree(field.project.directory / "histories" / "incompatible")
    options = ("--build", "files", "--namespace", field.own.namespace, *APPLICATION)
    field.project.environment["BACKGROUNDCHECK_ENCRYPTION_KEYS"] = TEST_KEY
    worker = await field.project.start(*WORKER, *options, "--jobs", "2")
    await worker.says(SERVES)
    command = (*SHADOW, *options, "--json", "histories", "--size", "5")
    found = document(await field.project.run(*command))
    count = sum(1 for _ in (field.project.directory / "histories").rglob("*.json"))
    assert outcome(found) == (0, count, 0, 0)
    assert found["notes"][0] == f"Covers {count} files in histories."
    history = await field.own.get_workflow_handle(name_of("files")).fetch_history()
    asked = history.events[0].workflow_execution_started_event_attributes
    (result,) = history.events[-1].workflow_execution_completed_event_attributes.result.payloads
    for payload in (*asked.input.payloads, asked.memo.fields["request"], result):
        assert payload.metadata["encoding"] == b"binary/encrypted"
    del field.project.environment["BACKGROUNDCHECK_ENCRYPTION_KEYS"]
    await worker.kill()


async def test_continued_as_new(tmp_path: Path) -> None:
    """A shadow that goes on in another run counts each Execution once, and its runs replay."""
    number = 24
    async with await start_dev_server("limit.historyCount.suggestContinueAsNew=15") as server:
        field = Field(tmp_path, server.client)
        await field.open()
        await fill(field.client, number)
        await field.worker("long")
        found = await field.document("long", *ALL, "--size", "5")
        assert outcome(found) == (0, number, 0, 0)
        query = 'WorkflowType="Shadow" AND ExecutionStatus="ContinuedAsNew"'
        runs = (await field.own.count_workflows(query)).count
        assert runs > 0
        check = (*GATE, *OWN, "--query", 'WorkflowType="Shadow"')
        gated = await field.project.run(*check, TEMPORAL_NAMESPACE=field.own.namespace)
        assert status(gated) == 0, gated
        assert gated.out.startswith(f"{runs + 1} replay")
        await field.project.close()
