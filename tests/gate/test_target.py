"""What ``--worker`` and ``--client`` may name, and what a replay then knows of the Worker."""

import asyncio
import contextlib
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import HeaderCodecBehavior
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.service import ConnectConfig, ServiceClient
from temporalio.worker import Replayer, Worker, _worker

from replaygate.targets.registration import active_config
from replaygate.targets.target import Registration, Target, TargetError, connect, resolve
from replaygate.targets.unconnected import Unconnected
from tests.gate.targets import entrypoints, flows, shop
from tests.support.programs import free_port

TARGETS = "tests.gate.targets"
ORDERS = [("orders", {"Order"})]
BOTH = [*ORDERS, ("shipments", {"Shipment"})]
CLASSES = [("", {"Order", "Shipment"})]

TOLD = {
    "plain:ONE": [("", {"Order"})],
    **dict.fromkeys((f"plain:{name}" for name in ("LIST", "TUPLE", "SET", "BY_NAME")), CLASSES),
    "plain:REPLAYER": CLASSES,
    "plain:CONFIG": CLASSES,
    "factories:replayer": [("", {"Order"})],
    "factories:plain": ORDERS,
    "factories:awaited": ORDERS,
    "factories:keyword": ORDERS,
    "factories:unannotated": ORDERS,
    "factories:partial": ORDERS,
    "factories:app.worker": ORDERS,
    "factories:App.make": ORDERS,
    "factories:fixture": ORDERS,
    "factories:managed": ORDERS,
    "factories:managed_at_once": ORDERS,
    "factories:with_client": ORDERS,
    "factories:kept": ORDERS,
    "factories:with_activities_only": ORDERS,
    "factories:listed": BOTH,
    "factories:by_name": BOTH,
    "factories:yielded": BOTH,
    "entrypoints:runs": ORDERS,
    "entrypoints:enters": ORDERS,
    "entrypoints:executes": ORDERS,
    "entrypoints:looks_at_the_answer": ORDERS,
    "entrypoints:starts_before": ORDERS,
    "entrypoints:from_environment": ORDERS,
    "entrypoints:reads_arguments": ORDERS,
    "entrypoints:handles_signals": ORDERS,
    "entrypoints:runs_a_loop": ORDERS,
    "entrypoints:gets_a_loop": ORDERS,
    "entrypoints:exits": ORDERS,
    "entrypoints:exits_at_once": ORDERS,
    "entrypoints:ends_the_process": ORDERS,
    "entrypoints:never_gives_up": ORDERS,
    "entrypoints:looks_at_it": ORDERS,
    "entrypoints:gathers": BOTH,
    "entrypoints:nests": [*BOTH, ("returns", {"Order", "Shipment"})],
    "entrypoints:has_no_core": BOTH,
    "entrypoints:groups": BOTH,
    "entrypoints:keeps_tasks": BOTH,
}

REFUSED = {
    "worker": "the worker 'worker' must be MODULE:ATTRIBUTE, worker:main for one",
    "worker:": "the worker 'worker:' must be MODULE:ATTRIBUTE",
    "a b:main": "must be MODULE:ATTRIBUTE",
    "worker.py:main": "the worker 'worker.py:main' names a file .*: write worker:main$",
    "src/worker.py:main": "write worker:main and --app-dir src$",
    "nowhere.at_all:main": "nowhere.at_all:main: there is no module 'nowhere' in /",
    f"{TARGETS}.factories:plane": "has no attribute 'plane'; is it 'plain'\\?$",
    f"{TARGETS}.factories:App.made": "App.* has no attribute 'made'; is it 'make'\\?$",
    f"{TARGETS}.plain:SETTINGS.worker": "worker: a value of type Settings has no .* 'workers'",
    f"{TARGETS}.plain:TEXT": "plain:TEXT is a value of type str: name a function that",
    f"{TARGETS}.plain:EMPTY": "plain:EMPTY is an empty list: name a function that",
    f"{TARGETS}.plain:MIXED": "plain:MIXED: NotAWorkflow has no @workflow.defn$",
    f"{TARGETS}.factories:wants_a_name": "must take a Client or nothing, and it wants: name$",
    f"{TARGETS}.factories:wants_more": "and it wants: client, task_queue$",
    f"{TARGETS}.factories:App.worker": "and it wants: self, client$",
    f"{TARGETS}.factories:App.run": "and it wants: self$",
    f"{TARGETS}.factories:gives_text": "made no Worker in this process and gave a .* type str",
    f"{TARGETS}.factories:activities_only": "serves no Workflow, so there is nothing to replay$",
    f"{TARGETS}.factories:misspelt": "while it was called: TypeError: .*'workflow'.*factories.py:",
    f"{TARGETS}.entrypoints:makes_none": "made no Worker in this process",
    f"{TARGETS}.entrypoints:starts_its_server": "it starts a Temporal Service of its own",
    f"{TARGETS}.entrypoints:wants_arguments": "process \\(status 2\\) .* are required: --queue$",
    f"{TARGETS}.entrypoints:lacks_a_key": "KeyError: 'SHOP_API_KEY.*' .*entrypoints.py:",
    f"{TARGETS}.entrypoints:asks_first": "IndexError: .*; it asked the Temporal Service first",
    f"{TARGETS}.entrypoints:fails_in_the_second": "At least one activity.*points.py:[0-9]+\\)$",
}

BROKEN = {  # what a module does while it is imported, and what is said of it
    "key": ("import os\nKEY = os.environ['NO_SUCH_KEY']", "KeyError: 'NO_SUCH_KEY' .*{}.py:2\\)$"),
    "another-module": ("\nimport no_such_module", "ModuleNotFoundError: .*{}.py:2\\)$"),
    "syntax": ("def main(:", "SyntaxError: .*{}.py:1\\)$"),
    "exits": ("import sys\nsys.exit()", "ended the process \\(status 0\\) while it was imported"),
    "exits-hard": ("import os\nos._exit(0)", "process \\(status 0\\) while it was imported"),
    "exits-saying": ("raise SystemExit('no key')", "ended the process \\(no key\\)"),
    "two-lines": ("raise ValueError('one\\ntwo')", "ValueError: one two .*{}.py:1\\)$"),
    "looked-up": (
        "def __getattr__(name):\n    raise RuntimeError('not ready')",
        "failed while it was looked up: RuntimeError: not ready .*{}.py:2\\)$",
    ),
    "no-message": ("raise RuntimeError", "imported: RuntimeError .*{}.py:1\\)$"),
    "runs": (
        "import asyncio\nfrom tests.gate.targets.entrypoints import runs\nasyncio.run(runs())",
        'runs its Worker while it is imported: .* if __name__ == "__main__"$',
    ),
}


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No profile and no variable of the machine says where the Temporal Service is."""
    for name in [name for name in os.environ if name.startswith("TEMPORAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """What listens where a Temporal Service might, and can tell whether anyone came."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def one(worker: str, client: str = "") -> Registration:
    """How the only Worker of a sample replays."""
    (registration,) = resolve(Target(f"{TARGETS}.{worker}", client and f"{TARGETS}.{client}"))
    return registration


def names(registration: Registration) -> tuple[str, set[str]]:
    return registration.task_queue, {each.__name__ for each in registration.config["workflows"]}


def alone(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, where what is left running does no harm."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"from replaygate.targets.target import *\n{code}\nimport os; os._exit(0)",
        ],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("worker", TOLD)
def test_told(worker: str) -> None:
    """Whatever tells a Worker tells its Task Queue and its Workflows, without a change to it."""
    told = resolve(Target(f"{TARGETS}.{worker}"))
    assert [names(each) for each in told] == TOLD[worker]


@pytest.mark.parametrize("worker", REFUSED)
def test_refused(worker: str) -> None:
    """Whatever tells no Worker is refused in one line, which says what is wrong or what to do."""
    with pytest.raises(TargetError, match=REFUSED[worker]):
        resolve(Target(worker))


@pytest.mark.parametrize("fault", BROKEN)
def test_broken(fault: str, tmp_path: Path) -> None:
    """A module that fails while it is imported is named with the exception and the user's line."""
    module = f"broken_{fault.replace('-', '_')}"
    code, said = BROKEN[fault]
    (tmp_path / f"{module}.py").write_text(code)
    with pytest.raises(TargetError, match=said.format(module)) as caught:
        resolve(Target(f"{module}:main", folder=str(tmp_path)))
    assert "\n" not in str(caught.value)
    assert f"{module}.py" in caught.value.details


def test_folder(tmp_path: Path) -> None:
    """A module is looked for in the named folder first, and found beside its own modules."""
    (tmp_path / "own_flows.py").write_text(
        "from temporalio import workflow\n\n@workflow.defn\nclass Own:\n"
        "    @workflow.run\n    async def run(self) -> None: ...\n"
    )
    (tmp_path / "own_worker.py").write_text("import own_flows\nWORKFLOWS = [own_flows.Own]\n")
    (told,) = resolve(Target("own_worker:WORKFLOWS", folder=str(tmp_path)))
    assert names(told) == ("", {"Own"})
    assert sys.path[0] == str(tmp_path)


async def test_everything_counts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Replayer gets what the SDK's own Worker gives to the part of it that runs Workflows."""
    given: dict[str, Any] = {}

    class Seen(_worker._WorkflowWorker):  # type: ignore[name-defined,misc]
        def __init__(self, **options: Any) -> None:
            given.update(options)
            super().__init__(**options)

    monkeypatch.setattr(_worker, "_WorkflowWorker", Seen)
    connection = client.service_client
    shop.make(Client(connection, **shop.OPTIONS))
    config = active_config(Replayer(**one("shop:main").config))
    assert given["encode_headers"]
    assert config["header_codec_behavior"] is HeaderCodecBehavior.CODEC
    for name in (
        "workflows",
        "interceptors",
        "workflow_failure_exception_types",
        "workflow_runner",
        "unsandboxed_workflow_runner",
        "namespace",
        "data_converter",
    ):
        assert config[name] == given[name], name


@pytest.mark.parametrize("worker", ["main", "make"])
def test_configuration(worker: str) -> None:
    """A client's interceptors come before the Worker's, and each plugin has added its own once."""
    config = one(f"shop:{worker}", "shop:connect").config
    assert config["workflows"] == [flows.Order, flows.Shipment]
    assert config["interceptors"] == [shop.TRACING, shop.AUDIT, shop.COSTS]
    assert config["workflow_failure_exception_types"] == [flows.Declined, flows.SoldOut]
    assert config["workflow_runner"] is shop.RUNNER
    assert config["unsandboxed_workflow_runner"] is shop.UNSANDBOXED
    assert config["namespace"] == "shop"
    assert config["data_converter"] is shop.CONVERTER


def test_classes_with_a_client() -> None:
    """Workflow classes replay as a Worker of ``--client`` would serve them."""
    config = one("plain:ONE", "shop:connect").config
    assert config["interceptors"] == [shop.TRACING, shop.COSTS]
    assert config["workflow_failure_exception_types"] == [flows.SoldOut]
    assert (config["namespace"], config["data_converter"]) == ("shop", shop.CONVERTER)


@pytest.mark.parametrize("client", ["CONVERTER", "converter", "connect_at_once", "CLIENT"])
def test_client(client: str) -> None:
    """``--client`` may name a DataConverter, a Client, or a function that gives one of them."""
    assert one("factories:plain", f"shop:{client}").config["data_converter"] is shop.CONVERTER


def test_client_refused() -> None:
    """What gives no Client is refused in one line that says what it gave."""
    with pytest.raises(TargetError, match="shop:RUNNER must give a Client or a DataConverter, not"):
        one("factories:plain", "shop:RUNNER")


def test_plugins_run_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin of the client or the Worker still runs around the replay."""
    plugins = one("shop:main").config["plugins"]  # type: ignore[typeddict-item]
    assert [plugin.name() for plugin in plugins] == [shop.OF_CLIENT.name(), shop.OF_WORKER.name()]
    monkeypatch.setattr(shop.OF_WORKER, "run_replayer", lambda *told: told)
    assert plugins[1].run_replayer(1, 2, 3) == (1, 2, 3)


@pytest.mark.parametrize(
    ("variables", "namespace"),
    [
        ({}, "default"),
        ({"TEMPORAL_NAMESPACE": "shop"}, "shop"),
        ({"TEMPORAL_NAMESPACE": "shop", "TEMPORAL_CONFIG_FILE": "/"}, "shop"),
        ({"TEMPORAL_PROFILE": "none"}, "default"),
    ],
    ids=["nothing", "variable", "broken-file", "no-such-profile"],
)
def test_namespace(
    variables: dict[str, str], namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no client says so, the namespace is the environment's, which need not be in order."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert one("factories:plain").config["namespace"] == namespace


@pytest.mark.parametrize("entry", ["runs", "executes", "starts_before"])
def test_nothing_connects(
    entry: str, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection is made while a target is resolved, even by calls to the Temporal Service."""
    monkeypatch.setattr(entrypoints, "ADDRESS", f"127.0.0.1:{listener.getsockname()[1]}")
    one(f"entrypoints:{entry}")
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("entry", ["measures", "answers_health_checks"])
def test_nothing_binds(
    entry: str, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that the Worker takes for metrics or health checks may be in use."""
    monkeypatch.setenv("OWN_PORT", str(listener.getsockname()[1]))
    assert names(one(f"entrypoints:{entry}")) == ORDERS[0]


def test_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its loops refuse signal handlers in other threads, so they are not asked meanwhile."""

    class Loop(asyncio.SelectorEventLoop):
        def add_signal_handler(self, *_: Any) -> None:  # type: ignore[override]
            raise ValueError("add_signal_handler() can only be called from the main thread")

    monkeypatch.setitem(sys.modules, "uvloop", SimpleNamespace(Loop=Loop))
    monkeypatch.setattr(asyncio, "new_event_loop", Loop)
    monkeypatch.setattr(asyncio.events, "new_event_loop", Loop)
    assert names(one("entrypoints:handles_signals")) == ORDERS[0]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """What an entry point prints reaches nobody, so that the gate's own output stays whole."""
    one("entrypoints:enters")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "worker",
    [
        "entrypoints:handles_signals",
        "entrypoints:measures",
        "entrypoints:lacks_a_key",
        "plain:TEXT",
    ],
)
def test_restored(worker: str) -> None:
    """Afterwards everything is as before, also after a failure."""

    def now() -> list[object]:
        workers = [Worker.__init__, Worker.run, Worker.__aenter__, Worker.is_running]
        parts = [ServiceClient.connect, Runtime.__init__, socket.socket.bind]
        modules = [os._exit, signal.signal, sys.stdout, sys.stderr, sys.argv]
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        return [*workers, *parts, *modules, *handlers, Runtime.default()]

    before = now()
    with contextlib.suppress(TargetError):
        one(worker)
    assert now() == before


def test_waits_for_ever() -> None:
    """An entry point that makes no Worker is given up, and the line where it waits is named."""
    code = (
        "import replaygate.targets.entrypoint as entrypoint\n"
        "entrypoint.PATIENCE = 0.5\n"
        f"try: resolve(Target('{TARGETS}.entrypoints:waits'))\n"
        "except TargetError as error: print(error, flush=True)"
    )
    said = alone(code).stdout
    assert "waits made no Worker within 0.5 seconds (it is at " in said
    assert "entrypoints.py:" in said


def test_never_ends() -> None:
    """An entry point that goes on for ever tells its Worker, and can't connect afterwards."""
    code = (
        f"told = resolve(Target('{TARGETS}.entrypoints:runs_in_a_thread'))\n"
        "from temporalio.client import Client\n"
        "import asyncio\n"
        "asyncio.run(Client.connect('127.0.0.1:1'))\n"
        "print(told[0].task_queue, flush=True)"
    )
    assert alone(code).stdout == "orders\n"


def test_children_end() -> None:
    """Processes that an entry point has started end with it."""
    one("entrypoints:starts_a_process")
    assert not multiprocessing.active_children()


def test_error_travels() -> None:
    """An error keeps its line and its traceback on its way between processes."""
    with pytest.raises(TargetError) as caught:
        one("entrypoints:lacks_a_key")
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == str(caught.value)
    assert "Traceback" in error.details
    assert error.details == caught.value.details


async def test_connect(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """``connect`` gives the user's own Client, or one that the environment describes."""
    address = client.service_client.config.target_host
    monkeypatch.setattr(shop, "ADDRESS", address)
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", client.namespace)
    unconnected = Unconnected(ConnectConfig(address))
    monkeypatch.setattr(shop, "CLIENT", Client(unconnected, **shop.OPTIONS))
    worker = f"{TARGETS}.factories:plain"
    for name in ("connect", "connect_at_once", "converter", "CONVERTER", "CLIENT"):
        made = await connect(Target(worker, f"{TARGETS}.shop:{name}"))
        assert made.data_converter is shop.CONVERTER
        assert not isinstance(made.service_client, Unconnected)
        assert await made.service_client.check_health()
    made = await connect(Target(worker))
    assert made.data_converter is DataConverter.default
    assert (await made.count_workflows()).count >= 0


@pytest.mark.parametrize("client", ["", "tests.gate.targets.shop:connect"])
async def test_connect_refused(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers, one line says so, and where."""
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setattr(shop, "ADDRESS", address)
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    said = "shop:connect failed while it was called: RuntimeError" if client else address
    with pytest.raises(TargetError, match=said) as caught:
        await connect(Target("no:matter", client))
    assert "\n" not in str(caught.value)


async def test_a_mistake_that_is_meant_for_people() -> None:
    """Its text says what to do; the name of its class would tell nothing."""
    with pytest.raises(TargetError, match=r"^tests.gate.targets.shop:unset: SHOP_KEY is not set"):
        await connect(Target("no:matter", "tests.gate.targets.shop:unset"))
