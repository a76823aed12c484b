"""What a project says of its gate in ``[tool.replaygate]``."""

from pathlib import Path

import pytest

from replaygate.config import load
from replaygate.mistake import Mistake

WRONG = {
    'tool.replaygate = "worker:main"': "[tool.replaygate] must be a table",
    "[tool]\nreplaygate = []": "[tool.replaygate] must be a table",
    "[[tool.replaygate]]": "[tool.replaygate] must be a table",
    "[tool.replaygate]\nworker = 1": "worker in [tool.replaygate] must be a text",
    '[tool.replaygate]\nhistories = "histories"': "must be a list of texts",
    "[tool.replaygate]\nexclude = [1]": "must be a list of texts",
    "[tool.replaygate]\nworkers = ''": "knows no 'workers'; it has worker, client, ",
    "[tool.replaygate]\nfolder = ''": "knows no 'folder'",
    "[tool.replaygate": "can't be read: ",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong(tmp_path: Path, text: str) -> None:
    """What is wrong is said in one line, with the file in which it is."""
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    with pytest.raises(Mistake) as refused:
        load(tmp_path)
    assert str(refused.value).startswith(str(file))
    assert WRONG[text] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nearest(tmp_path: Path) -> None:
    """The nearest file with such a table counts; what has none is passed over."""
    (tmp_path / "pyproject.toml").write_text("[tool.replaygate]\nworker = 'a:b'\n")
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("tool = 1")
    (inner.parent / "pyproject.toml").write_text("[tool.other]\n")
    assert load(inner).worker == "a:b"
    assert load(inner).folder == tmp_path
    (inner.parent / "pyproject.toml").write_text("[tool.replaygate]\n")
    assert load(inner).worker == ""
