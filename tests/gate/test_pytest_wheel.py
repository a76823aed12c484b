"""Where the package is installed, pytest has the plugin; nobody has to name it."""

from zipfile import ZipFile

import pytest

from tests.support.foreign import Foreign
from tests.support.installed import wheel

pytest_plugins = ["pytester"]


@pytest.fixture
def installed(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Foreign:
    """The project, where the wheel of the folder is unpacked."""
    foreign = Foreign(pytester, monkeypatch)
    (pytester.path / "library" / "replaygate").unlink()
    with ZipFile(wheel(tmp_path_factory)) as file:
        file.extractall(pytester.path / "library")
    return foreign


def test_installed(installed: Foreign) -> None:
    """An installed plugin collects histories, and ``-p no:replaygate`` leaves it out."""
    run = installed.pytester.runpytest_subprocess
    run().assert_outcomes(passed=2)
    names = ("-p", "no:replaygate", "-o", "strict=false", "-W", "default")
    run(*names).assert_outcomes(passed=1, warnings=1)  # of an option that it does not know
