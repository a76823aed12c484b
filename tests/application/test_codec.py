"""What others may read: with a key, nothing; and nobody is left to guess which key is wrong."""

import asyncio
import base64
import contextlib
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

import codec
from codec import EncryptionCodec, Unreadable
from connection import TASK_QUEUE, data_converter, runtime
from plumbing import environment
from program import Mistake
from ssntraceactivity import ssn_trace_activity
from tests.recordings.keys import NAMESAKE, NEW_KEY, TEST_KEY
from tests.support.executions import SSN, reached, worker
from tests.support.leaky import Leaky, Napping, Stumbling, leaky_activity
from tests.support.programs import Project
from tests.support.servers import start_dev_server
from tests.support.standins import Asleep, Awake

PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=f'"{SSN}"'.encode())


def client_with(keys: str, client: Client) -> Client:
    """The client, with the converter for these keys."""
    return Client(
        client.service_client,
        namespace=client.namespace,
        data_converter=codec.data_converter(keys),
    )


def in_base64(text: str, offset: int) -> bytes:
    """What of the text's base64 is the same whatever stands around it, that many bytes in."""
    whole = base64.b64encode(bytes(offset) + text.encode())
    return whole[-(-offset * 8 // 6) : (offset + len(text)) * 8 // 6]


NEEDLES = [SSN.encode(), *(in_base64(SSN, offset) for offset in range(3))]


# The codec by itself


async def test_what_was_encrypted_is_read_back() -> None:
    """Decryption returns the payload, its metadata included."""
    [encrypted] = await EncryptionCodec(TEST_KEY).encode([PLAIN])
    assert encrypted.metadata == {
        "encoding": b"binary/encrypted",
        "encryption-key-id": b"test-only",
    }
    assert not [needle for needle in NEEDLES if needle in encrypted.SerializeToString()]
    assert await EncryptionCodec(TEST_KEY).decode([encrypted]) == [PLAIN]


async def test_no_nonce_is_used_twice() -> None:
    """The same payload never looks the same again."""
    encrypted = await EncryptionCodec(TEST_KEY).encode([PLAIN] * 100)
    assert len({payload.data[: codec.NONCE] for payload in encrypted}) == 100


async def test_the_first_key_encrypts_and_all_decrypt() -> None:
    """Old payloads stay readable behind a new key."""
    old = await EncryptionCodec(TEST_KEY).encode([PLAIN])
    both = EncryptionCodec(f"{NEW_KEY}, {TEST_KEY}")
    new = await both.encode([PLAIN])
    assert new[0].metadata["encryption-key-id"] == b"new-test-only"
    assert await both.decode([*old, *new]) == [PLAIN, PLAIN]


@pytest.mark.parametrize("keys", ["", " ", TEST_KEY], ids=["no-key", "blank", "a-key"])
async def test_what_is_not_encrypted_passes(keys: str) -> None:
    """Executions from before the first key go on."""
    assert await EncryptionCodec(keys).decode([PLAIN]) == [PLAIN]


async def test_without_a_key_nothing_changes() -> None:
    """Without a key, payloads and failures look as the SDK alone makes them."""
    ours = codec.data_converter("")
    assert await ours.encode([SSN]) == await DataConverter.default.encode([SSN])
    assert ours.failure_converter_class is DataConverter.default.failure_converter_class


def changed(payload: Payload, **metadata: bytes) -> Payload:
    names = {name.replace("_", "-"): value for name, value in metadata.items()}
    return Payload(metadata={**payload.metadata, **names}, data=payload.data)


OTHER_KEY, MISSING = "it was altered, or the key of that id is another one", "that key is missing"


@pytest.mark.parametrize(
    ("keys", "change", "why"),
    [
        pytest.param("", changed, MISSING, id="no-key"),
        pytest.param(NEW_KEY, changed, MISSING, id="unknown-key-id"),
        pytest.param(NAMESAKE, changed, OTHER_KEY, id="wrong-key"),
        pytest.param(
            f"{TEST_KEY},{TEST_KEY.replace('test-only', 'alias')}",
            lambda payload: changed(payload, encryption_key_id=b"alias"),
            OTHER_KEY,
            id="key-id-swapped",
        ),
        pytest.param(
            TEST_KEY,
            lambda payload: changed(payload, encoding=b"binary/plain"),
            OTHER_KEY,
            id="encoding-altered",
        ),
        pytest.param(
            TEST_KEY,
            lambda payload: changed(payload, encryption_key_id=b"\xff\n"),
            MISSING,
            id="key-id-garbage",
        ),
        pytest.param(
            TEST_KEY,
            lambda payload: Payload(metadata={"encoding": b"binary/encrypted"}, data=payload.data),
            MISSING,
            id="key-id-removed",
        ),
    ],
)
async def test_a_payload_that_no_key_opens_is_refused(
    keys: str, change: Callable[[Payload], Payload], why: str
) -> None:
    """One line tells the key's id and what is wrong, and nothing of what was said."""
    [encrypted] = await EncryptionCodec(TEST_KEY).encode([PLAIN])
    with pytest.raises(Unreadable, match=f"^Can't decrypt a payload, key id '.*': {why}") as raised:
        await EncryptionCodec(keys).decode([change(encrypted)])
    assert "\n" not in str(raised.value)
    assert SSN not in repr(raised.getrepr())


async def test_every_byte_is_authenticated() -> None:
    """A ciphertext that is cut anywhere, or of which any byte is altered, is refused."""
    box = EncryptionCodec(TEST_KEY)
    [encrypted] = await box.encode([PLAIN])
    data, names = encrypted.data, encrypted.metadata
    for place in range(len(data)):
        altered = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        for wrong in (data[:place], data[place + 1 :], altered):
            with pytest.raises(Unreadable, match=OTHER_KEY):
                await box.decode([Payload(metadata=names, data=wrong)])


SECRET = TEST_KEY.partition(":")[2]


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        pytest.param(SECRET, "key 1 is not key-id:base64 of 32 bytes", id="no-id"),
        pytest.param(f"{SECRET}:id", "key 1 is not", id="exchanged"),
        pytest.param(f"a:{SECRET[:-5]}", "key 1 is not", id="short"),
        pytest.param(f"a:{SECRET}{SECRET}", "key 1 is not", id="long"),
        pytest.param(f"a:{base64.b64encode(bytes(16)).decode()}", "key 1 is not", id="128-bits"),
        pytest.param(f"a:*{SECRET[1:]}", "key 1 is not", id="not-base64"),
        pytest.param(f"a b:{SECRET}", "key 1 is not", id="space-in-id"),
        pytest.param(f"{TEST_KEY},", "key 2 is not", id="comma-at-end"),
        pytest.param(f"{TEST_KEY};{NEW_KEY}", "key 1 is not", id="semicolon"),
        pytest.param(f"{TEST_KEY},{NAMESAKE}", "key 2 has the id of an earlier", id="same-id"),
    ],
)
def test_a_malformed_key_list_is_refused(
    keys: str, what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line tells which key is malformed, and quotes none."""
    monkeypatch.setattr(environment, "ENV_FILE", tmp_path / ".env")
    monkeypatch.delenv(environment.CHOICE)  # else that file is named, and must be there
    monkeypatch.setenv(codec.VARIABLE, keys)
    with pytest.raises(Mistake, match=f"^{codec.VARIABLE}: {what}") as raised:
        data_converter()
    said = str(raised.value)
    assert not [word for word in (SECRET[1:-5], NAMESAKE[10:], "\n") if word in said]


async def test_new_key(project: Project) -> None:
    """The command prints a fresh key each time, ready for use; anything else is a mistake."""
    keys = [(await project.run("codec.py", "new-key")).out.strip() for _ in range(2)]
    assert len(EncryptionCodec(",".join(keys))._keys) == 2
    assert await (await project.start("codec.py")).ends() == 2


# On a server

# Workflow Definition, Activity Definition, and the Event up to which it runs.
LEAKS = {
    "completed": (Awake, ssn_trace_activity, "WorkflowExecutionCompleted"),
    "asleep": (Asleep, ssn_trace_activity, "TimerStarted"),
    "failed": (Leaky, leaky_activity, "WorkflowExecutionFailed"),
    "stumbling": (Stumbling, leaky_activity, "WorkflowTaskFailed"),
}


async def leak(name: str, client: Client) -> dict[str, bytes]:
    """Let one Execution give the SSN away; return what the server tells of it."""
    workflow, function, last = LEAKS[name]
    async with worker(client, name, workflows=[workflow], activities=[function]):
        handle, _ = await reached(
            last,
            client,
            "BackgroundCheck",
            SSN,
            task_queue=name,
            memo={"ssn": SSN},
            static_summary=SSN,
        )
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace)
    request.execution.workflow_id = handle.id
    description = await client.workflow_service.describe_workflow_execution(request)
    assert not description.workflow_execution_info.search_attributes.indexed_fields.keys() - {
        "BuildIds"
    }
    return {
        f"history, {name}": (await handle.fetch_history()).to_json().encode(),
        f"description, {name}": description.SerializeToString(),
    }


async def kept(keys: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, bytes]:
    """Let all of them give the SSN away; return all that a server keeps, place by place."""
    database = folder / "dev.db"
    files = {}
    async with await start_dev_server(dev_server_database_filename=str(database)) as environment:
        client = client_with(keys, environment.client)
        places = await asyncio.gather(*(leak(name, client) for name in LEAKS))
        files["database"] = in_files(folder)
    files["closed database"] = in_files(folder)
    output = capfd.readouterr()
    files["server's log"] = (output.out + output.err).encode()
    return {place: content for part in (*places, files) for place, content in part.items()}


def in_files(folder: Path) -> bytes:
    """Return what the database and its journals hold; a journal may go while one looks."""
    content = b""
    for path in folder.glob("dev.db*"):
        with contextlib.suppress(FileNotFoundError):
            content += path.read_bytes()
    return content


def holding_the_ssn(places: dict[str, bytes]) -> set[str]:
    return {name for name, text in places.items() if any(needle in text for needle in NEEDLES)}


async def test_a_key_keeps_the_ssn_from_the_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a key, the SSN is in no history, memo, failure, description or database file."""
    places = await kept(TEST_KEY, tmp_path, capfd)
    assert holding_the_ssn(places) == set()
    assert places["history, failed"].count(b"Encoded failure") == 6


async def test_without_a_key_the_ssn_is_everywhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a key, the same search finds the SSN everywhere but in the server's log."""
    places = await kept("", tmp_path, capfd)
    assert places.keys() - holding_the_ssn(places) == {"server's log"}
    assert f'"message": "task {SSN}"'.encode() in places["history, stumbling"]


async def test_the_starters_user_reads_what_the_server_cannot(
    dev_server: WorkflowEnvironment, fresh_id: str
) -> None:
    """With the key, messages, details and causes of a failure are as they were."""
    client = client_with(TEST_KEY, dev_server.client)
    async with worker(client, fresh_id, workflows=[Leaky], activities=[leaky_activity]):
        with pytest.raises(WorkflowFailureError) as raised:
            await client.execute_workflow("BackgroundCheck", SSN, id=fresh_id, task_queue=fresh_id)
    failure = raised.value.cause
    assert isinstance(failure, ApplicationError)
    assert (failure.message, failure.details) == (f"workflow {SSN}", (SSN,))
    assert isinstance(failure.__cause__, ActivityError)
    assert f"activity {SSN}" in str(failure.__cause__.__cause__)


async def test_keys_change_under_a_running_execution(
    dev_server: WorkflowEnvironment, fresh_id: str
) -> None:
    """What begins under one key ends under the next, and replays with both."""
    old, both = (
        client_with(keys, dev_server.client) for keys in (TEST_KEY, f"{NEW_KEY},{TEST_KEY}")
    )
    async with worker(old, fresh_id, workflows=[Napping]):
        handle, _ = await reached("TimerStarted", old, "Napping", SSN, task_queue=fresh_id)
    async with worker(both, fresh_id, workflows=[Napping]):
        assert await both.get_workflow_handle(handle.id).result() == "pass"
    history = await handle.fetch_history()
    assert [
        in_base64(name, 0).decode() in history.to_json() for name in ("test-only", "new-test-only")
    ] == [True, True]
    await replay(history, f"{TEST_KEY},{NEW_KEY}")
    with pytest.raises(RuntimeError, match=f"key id 'new-test-only': {MISSING}"):
        await replay(history, TEST_KEY)
    with pytest.raises(RuntimeError, match=f"key id 'test-only': {MISSING}"):
        await replay(history, "")


async def replay(history: WorkflowHistory, keys: str) -> None:
    plain = DataConverter.default.failure_converter_class  # or we see "Encoded failure" only
    converter = replace(codec.data_converter(keys), failure_converter_class=plain)
    replayer = Replayer(workflows=[Napping], data_converter=converter, runtime=runtime())
    await replayer.replay_workflow(history)


# The programs


@pytest.fixture
async def encrypted(own_client: Client) -> Client:
    """A client with the test key, where the programs are."""
    return client_with(TEST_KEY, own_client)


NO_KEY = ("", "key id 'test-only': that key is missing")
WRONG_KEY = (NAMESAKE, "key id 'test-only': it was altered, or")


@pytest.mark.parametrize(("keys", "said"), [NO_KEY, WRONG_KEY], ids=["no-key", "wrong-key"])
async def test_a_starter_with_a_wrong_key(
    keys: str, said: str, encrypted: Client, project: Project
) -> None:
    """The starter follows to the end and says in one line, status 2, why it can't tell it."""
    await encrypted.start_workflow("BackgroundCheck", SSN, id="mine", task_queue=TASK_QUEUE)
    starter = await project.start(
        "main.py", "--workflow-id", "mine", BACKGROUNDCHECK_ENCRYPTION_KEYS=keys
    )
    await starter.says("Joined running Workflow Execution")
    async with worker(encrypted, TASK_QUEUE, workflows=[Awake]):
        assert await starter.ends() == 2
    assert re.fullmatch(rf"Can't decrypt a payload, {said}.*\n", starter.err)
    assert "WorkflowExecutionCompleted" in starter.out


async def test_a_worker_with_a_wrong_key(encrypted: Client, project: Project) -> None:
    """The Worker says in a line what it can't read, the starter too, and a right one ends it."""
    keys, said = WRONG_KEY
    bad = await project.start("worker.py", BACKGROUNDCHECK_ENCRYPTION_KEYS=keys)
    await bad.says("Serving")
    handle, _ = await reached(
        "WorkflowTaskFailed",
        encrypted,
        "BackgroundCheck",
        SSN,
        task_queue=TASK_QUEUE,
        task_timeout=timedelta(seconds=1),
    )
    starter = await project.start(
        "main.py", "--workflow-id", handle.id, BACKGROUNDCHECK_ENCRYPTION_KEYS=TEST_KEY
    )
    await bad.says(f"(?m)^ERROR Failed handling activation .*: Can't decrypt a payload, {said}.*$")
    await starter.says("WorkflowTaskFailed +Can't decrypt a payload, key id '.*': ")
    assert "Traceback" not in bad.err
    bad.send(signal.SIGTERM)
    assert await bad.ends() == 0
    async with worker(encrypted, TASK_QUEUE, workflows=[Awake]):
        assert await handle.result() == "pass"
        assert await starter.ends() == 0


async def test_programs_log_no_ssn(encrypted: Client, project: Project) -> None:
    """A Worker's log masks an SSN even in the traceback of an Activity that tells it."""
    project.change("backgroundcheck.py", "random_number < 50", "False")
    project.change("ssntraceactivity.py", 'return "pass"', 'raise ValueError(f"no {ssn}, sorry")')
    serving = await project.start("worker.py", BACKGROUNDCHECK_ENCRYPTION_KEYS=TEST_KEY)
    await encrypted.start_workflow("BackgroundCheck", SSN, id="mine", task_queue=TASK_QUEUE)
    await serving.says(r"ValueError: no \*\*\*-\*\*-\*\*\*\*, sorry")
    assert SSN not in serving.out + serving.err
