"""Where histories are found, and that nothing in a folder is passed over silently."""

import gzip
import io
import os
import pickle
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from replaygate.inputs.formats import NotAHistory, read
from replaygate.inputs.sources import Source, find
from replaygate.inputs.unpack import MAX
from tests.recordings.scenarios import RECORDINGS

TEXT = RECORDINGS["timer.python-1.35.0"].path.read_text()
DATA = TEXT.encode()
BINARY = History(events=WorkflowHistory.from_json("", TEXT).events).SerializeToString()
posix = pytest.mark.skipif(sys.platform == "win32", reason="devices, pipes and links as in POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder ``given`` in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "given").mkdir()
    return tmp_path / "given"


def names(*paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """Return the names of what is found."""
    return [source.name for source in find(paths, exclude)[0]]


def refusal(source: Source) -> str:
    """Return the one line with which a source is refused."""
    with pytest.raises(NotAHistory, match=r"^it [^\n]+$") as refused:
        list(read(source))
    return str(refused.value)


def only(*paths: str) -> Source:
    """Return the only source that is found."""
    (source,) = find(paths)[0]
    return source


MEANT = {
    "timer.json": DATA,
    "TIMER.JSON": DATA,
    "timer.json.gz": gzip.compress(DATA),
    "timer.gz": gzip.compress(DATA),
    "timer.binpb": BINARY,
    "timer.PB": BINARY,
    "timer.history": DATA,
    "export.proto": BINARY,
    "timer.bin": BINARY,
    "timer.dat": DATA,
    "timer": DATA,
    "timer.txt": TEXT.encode("utf-16"),
    "2026-11-25.binpb.gz": gzip.compress(BINARY),
    "wrapped.http": b'{"history": ' + DATA + b"}",
    "old.zip": b"PK\x03\x04",
    "old.json.zst": b"(\xb5/\xfd",
    "old.tgz": gzip.compress(b"a tar archive"),
    "damaged.json": b"hello",
    "DAMAGED.JSON": b"hello",
    "damaged.gz": gzip.compress(DATA)[:1] + b"\x8b" + b"x" * 99,
}
OTHER = {
    "README.md": b"# Histories",
    "NOTES": b"recorded by hand",
    ".gitignore": b"*.tmp",
    "worker.py": b"import asyncio",
    "table.csv": b"file,id\n",
    "config.toml": b'[[run]]\nhistory = "timer"',
    "settings.yaml": b"history: {events: 5}",
    "log.gz": gzip.compress(b"a log"),
    "schema.proto": b'syntax = "proto3";\nmessage History {}',
    "picture.png": b"\x89PNG\r\n\x1a\n",
    "empty.txt": b"",
}


@pytest.mark.parametrize(("name", "content"), MEANT.items(), ids=MEANT)
def test_what_may_be_a_history_counts(folder: Path, name: str, content: bytes) -> None:
    """In a folder a file counts by its name or by its content, whatever its other half says."""
    (folder / name).write_bytes(content)
    sources, passed = find(["given"])
    assert [source.name for source in sources] == [str(Path("given", name))]
    assert not passed.kinds


@pytest.mark.parametrize(("name", "content"), OTHER.items(), ids=OTHER)
def test_what_is_no_history_is_counted(folder: Path, name: str, content: bytes) -> None:
    """In a folder a file that is no history is no failure, and the report can name its kind."""
    (folder / name).write_bytes(content)
    (folder / "timer.json").write_bytes(DATA)
    sources, passed = find(["given", str(folder)])
    assert [source.name for source in sources] == [str(Path("given/timer.json"))]
    assert [number for _, number in passed.kinds] == [1]


def test_kinds_are_counted_by_suffix(folder: Path) -> None:
    """What was passed over is counted by suffix, the most frequent first."""
    for name in ("a.md", "b.MD", "c.py", ".gitignore", "LICENSE"):
        (folder / name).write_text("text")
    passed = find(["given"])[1]
    assert passed.kinds[0] == (".md", 2)
    assert {*passed.kinds[1:]} == {(".py", 1), (".gitignore", 1), ("without suffix", 1)}


def test_a_file_that_is_named_counts(folder: Path) -> None:
    """A file that is named itself is a history or a failure, whatever it is called."""
    (folder / "README.md").write_text("text")
    sources, passed = find(["given/README.md"])
    assert not passed.kinds
    assert "not JSON" in refusal(sources[0])


def test_folders_are_searched_in_order(folder: Path) -> None:
    """Histories come in the order of the paths, and sorted within a folder."""
    for name in ("b/2.json", "b/1.json", "a/3.json", "c.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(DATA)
    found = [str(Path("given", name)) for name in ("a/3.json", "b/1.json", "b/2.json", "c.json")]
    assert names("given") == found
    assert names("given/c.json", "given") == [found[3], *found[:3]]


def test_what_is_named_twice_counts_once(folder: Path) -> None:
    """A file counts once, by whatever spelling or link it is named, and whatever folder."""
    (folder / "timer.json").write_bytes(DATA)
    (folder / "again.json").symlink_to("timer.json")
    absolute = str(folder / "timer.json")
    spellings = ["given/timer.json", "./given/../given/timer.json", absolute, "given"]
    assert names(*spellings) == [str(Path("given/timer.json"))]
    assert names("given", absolute) == [str(Path("given/again.json"))]


@posix
def test_linked_folders_are_followed_once(folder: Path, tmp_path: Path) -> None:
    """A linked folder is searched too, but only once, and links in a circle end."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "older.json").write_bytes(DATA)
    (tmp_path / "elsewhere" / "back").symlink_to(folder)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "linked-again").symlink_to(tmp_path / "elsewhere")
    (folder / "self").symlink_to(".")
    (found,) = names("given")
    assert found.endswith("older.json")


@posix
def test_a_link_to_nothing_fails(folder: Path) -> None:
    """A link to nothing, or to itself, is a failure, not passed over."""
    (folder / "broken").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    broken, circle = find(["given"])[0]
    assert refusal(broken) == "it can't be read: No such file or directory"
    assert "symbolic link" in refusal(circle)


@pytest.fixture
def not_root() -> Iterator[None]:
    """Root may read every file, so be somebody else."""
    if os.name != "posix":
        pytest.skip("permissions as in POSIX")
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


@pytest.mark.parametrize("name", ["secret.json", "secret.md", "secret"])
def test_what_may_not_be_read_fails(not_root: None, name: str) -> None:
    """A file or a folder in a folder that may not be read is a failure, whatever it is called."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, name)
        path.mkdir() if name == "secret" else path.write_bytes(DATA)
        path.chmod(stat.S_IWUSR)
        try:
            source = only(directory)
            assert source.name == str(path)
            assert refusal(source) == "it can't be read: Permission denied"
        finally:
            path.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("names_", [(), ("README.md",), ("incompatible/bad.json",)])
def test_a_folder_without_histories_fails(folder: Path, names_: tuple[str, ...]) -> None:
    """A folder in which no history is found proves nothing, whatever else is in it."""
    for name in names_:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("text")
    (source,) = find(["given"], exclude=["incompatible"])[0]
    assert source.name == "given"
    assert refusal(source) == "it is a folder without Event Histories"


def test_a_folder_that_was_named_before_is_not_empty(folder: Path) -> None:
    """A folder all of whose histories were named before is no failure."""
    (folder / "timer.json").write_bytes(DATA)
    assert names("given/timer.json", "given") == [str(Path("given/timer.json"))]


EXCLUDED = ["incompatible", "incompatible/", "given/incompatible", "inc*", "deep/*", "**/b.json"]


@pytest.mark.parametrize("pattern", EXCLUDED)
def test_what_is_excluded_counts_only_if_it_is_named(folder: Path, pattern: str) -> None:
    """What is excluded is not searched for in folders; who names it means it."""
    places = ["incompatible/b.json", "deep/er/b.json", "b.json", "ok.json"]
    for name in places:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(DATA)
    found = names("given", exclude=(pattern,))
    gone = {
        "deep/*": {"deep/er/b.json"},
        "**/b.json": {"incompatible/b.json", "deep/er/b.json", "b.json"},
    }.get(pattern, {"incompatible/b.json"})
    assert {*found} == {str(Path("given", name)) for name in {*places} - gone}
    named = ["given/incompatible/b.json", "given/incompatible"]
    if pattern != "**/b.json":
        assert names(*named, exclude=(pattern,)) == [str(Path(named[0]))]


def test_a_missing_path_fails() -> None:
    """A path where nothing is can't be read."""
    assert refusal(only("nothing.json")) == "it can't be read: No such file or directory"


@posix
def test_a_device_is_no_history() -> None:
    """A device is refused without being read: some give without end."""
    assert refusal(only(os.devnull)) == "it is not a regular file"


@posix
@pytest.mark.timeout(10)
def test_a_pipe_is_no_history(folder: Path) -> None:
    """A named pipe is refused without waiting for someone to write, also in a folder."""
    os.mkfifo(folder / "pipe")
    assert refusal(only("given/pipe")) == "it is not a regular file"
    assert refusal(only("given")) == "it is not a regular file"


def test_a_huge_file_is_no_history(folder: Path) -> None:
    """A file larger than any Event History is refused without being read."""
    with (folder / "huge.json").open("wb") as file:
        file.truncate(100_000_000)
    assert refusal(only("given")) == f"it is larger than any Event History ({MAX:,} bytes)"


@posix
def test_folders_may_be_nested_deeper_than_calls(folder: Path) -> None:
    """Folders may be nested deeper than Python calls functions."""
    deep = [Path(folder, *"d" * depth) for depth in range(1, sys.getrecursionlimit() + 100)]
    for inner in deep:
        inner.mkdir()
    (deep[-1] / "timer.json").write_bytes(DATA)
    (found,) = names("given")
    (deep[-1] / "timer.json").unlink()
    for inner in reversed(deep):  # pytest's own way to remove them may call as deep
        inner.rmdir()
    assert found.endswith("d/timer.json")


@posix
def test_folders_may_be_nested_deeper_than_paths(folder: Path) -> None:
    """What is nested too deeply for any path is one failure; the rest is found."""
    (folder / "timer.json").write_bytes(DATA)
    here = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    deep, timer = find(["given"])[0]
    assert timer.name == str(Path("given/timer.json"))
    assert refusal(deep) == "it can't be read: File name too long"


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "a\0b"], ids=["long", "deep", "nul"])
def test_a_path_that_no_file_can_have_fails(name: str) -> None:
    """A path that no file can have is one failure in one line."""
    assert "can't be read" in refusal(only(name))


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux")
def test_a_name_may_be_no_text(folder: Path) -> None:
    """A file whose name is no UTF-8 is read, and its source travels between processes."""
    name = os.fsdecode(b"given/\xff\xfe.json")
    Path(name).write_bytes(DATA)
    source = pickle.loads(pickle.dumps(only("given")))
    assert source.name == name
    assert len(list(read(source))) == 1


@pytest.mark.parametrize("path", ["given", "./given", "given/", ".//given"])
def test_names_are_as_a_person_writes_them(folder: Path, path: str) -> None:
    """A file below the current folder is shown without that folder's name, any other with it."""
    (folder / "timer.json").write_bytes(DATA)
    assert names(path) == names(str(folder)) == [str(Path("given/timer.json"))]
    os.chdir("/")
    assert names(str(folder)) == [str(folder / "timer.json")]


def test_a_source_stays_right_elsewhere(folder: Path, tmp_path: Path) -> None:
    """A source is read although code that was imported has changed the current folder."""
    (folder / "timer.json").write_bytes(DATA)
    source = only("given")
    os.chdir("/")
    assert len(list(read(source))) == 1


def test_the_current_folder_may_be_gone(folder: Path) -> None:
    """Where the current folder was removed, a relative path fails in one line."""
    os.chdir(folder)
    shutil.rmtree(folder)
    assert refusal(only("timer.json")) == "it can't be read: No such file or directory"


class Given(io.TextIOWrapper):
    """Standard input that holds these bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))


@pytest.mark.parametrize("data", [DATA, gzip.compress(DATA), BINARY], ids=["json", "gzip", "pb"])
def test_standard_input_is_one_source(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """``-`` stands for what is piped in, in any form, once."""
    monkeypatch.setattr(sys, "stdin", Given(data))
    (source,) = find(["-", "-"], workflow_id="told")[0]
    (found,) = read(source)
    assert (source.name, found.workflow_id, len(found.events)) == ("-", "told", 16)


def test_standard_input_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of standard input no more is read than any history holds."""
    monkeypatch.setattr(sys, "stdin", Given(bytes(MAX + 1_000)))
    source = only("-")
    assert len(source.data) == MAX + 1
    assert refusal(source) == f"it is larger than any Event History ({MAX:,} bytes)"


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without standard input there is one failure, and no traceback."""
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal(only("-")) == "it is empty"
