"""The pytest plugin. It does nothing until it is asked for, and then imports no more than it needs.

``replaygate_histories`` in pytest's configuration makes ``pytest`` replay the Event Histories in
these folders. The fixture ``replay`` replays what a test has just run.
"""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from replaygate.config import Config
    from replaygate.pytest_plugin.asking import OnDemand

Replay = Callable[[Any], Coroutine[Any, Any, None]]  # what the fixture ``replay`` gives to a test

WHICH_WORKER = (
    "replaygate: which Worker? Name it in the configuration of pytest, as in "
    'replaygate_worker = "worker:main", or in pyproject.toml: '
    '[tool.replaygate] worker = "worker:main"'
)
ON_DEMAND = pytest.StashKey["OnDemand"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what pytest's configuration may say, and the one option."""
    parser.addini("replaygate_histories", "folders of Event Histories to replay", type="paths")
    parser.addini("replaygate_worker", "MODULE:ATTRIBUTE that tells the Worker", default="")
    parser.getgroup("replaygate").addoption(
        "--keep-histories",
        metavar="DIR",
        type=Path,
        help="keep the Event Histories that the fixture 'replay' replays in this folder",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect histories if the configuration of pytest names folders."""
    roots = config.getini("replaygate_histories")
    if not roots:
        return
    if not hasattr(pytest, "Directory"):
        raise pytest.UsageError("replaygate_histories needs pytest 8 or later")
    from replaygate.pytest_plugin.histories import Histories
    from replaygate.pytest_plugin.items import Judging

    gate = configured(config)
    judging = Judging(gate)
    config.add_cleanup(judging.close)
    histories = Histories(config, roots, gate.exclude, judging)
    config.pluginmanager.register(histories, "replaygate-histories")


def configured(config: pytest.Config) -> "Config":
    """Return what the project says of its gate.

    Raises:
        pytest.UsageError: It names no Worker, or can't be read.
    """
    from dataclasses import replace

    from replaygate.config import load
    from replaygate.mistake import Mistake

    try:
        gate = load(config.rootpath)
    except Mistake as mistake:
        raise pytest.UsageError(str(mistake)) from None
    worker = config.getini("replaygate_worker") or gate.worker
    if not worker:
        raise pytest.UsageError(WHICH_WORKER)
    return replace(gate, worker=worker)


@pytest.fixture
def replay(request: pytest.FixtureRequest) -> Replay:
    """Replay what this test has run: ``await replay(handle)`` fails it if the code doesn't fit.

    It takes a ``WorkflowHandle``, or a ``WorkflowHistory``. Without a run id, all runs that
    followed from its start are replayed.
    """
    from replaygate.pytest_plugin.replaying import replaying

    return replaying(request.node, on_demand(request.config))


def on_demand(config: pytest.Config) -> "OnDemand":
    """Return what replays for all tests of this run; it starts when it is first asked."""
    from replaygate.pytest_plugin.asking import OnDemand

    if ON_DEMAND not in config.stash:
        config.stash[ON_DEMAND] = asked = OnDemand(configured(config))
        config.add_cleanup(asked.close)
    return config.stash[ON_DEMAND]
