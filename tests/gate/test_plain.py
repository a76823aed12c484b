"""What comes from a history, a file name or the SDK does no harm where it is shown."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaygate.plain import LIMIT, plain, plain_lines

# Hypothesis makes surrogates only where it is told to; a file name may hold them.
ANY_TEXT = st.text(st.characters(exclude_categories=[]) | st.sampled_from("#:[ \x1b\n\u202e"))
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(ANY_TEXT, st.integers(1, 60))
@settings(deadline=None, max_examples=500)
def test_one_printable_line(text: str, limit: int) -> None:
    """Any text becomes one printable line within its limit, and stays so the second time."""
    line = plain(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert not UNSEEN & {unicodedata.category(char) for char in line}
    assert plain(line, limit) == line


@given(ANY_TEXT)
@settings(deadline=None, max_examples=500)
def test_no_command(text: str) -> None:
    """No text begins as a GitHub workflow command does, or has one of the older form in it."""
    line = plain(text)
    assert not line.lstrip().startswith(":")
    assert "##[" not in line
    assert "##vso[" not in plain(f"{text}##vso[")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("TimerStarted  60s", "TimerStarted  60s", id="as-it-is"),
        pytest.param("Größe 日本 🙂", "Größe 日本 🙂", id="letters"),
        pytest.param(r"C:\new '%0A' <b>&", r"C:\new '%0A' <b>&", id="signs"),
        pytest.param("\x1b[31m\x07\x00\x7f\x9b", r"\x1b[31m\x07\x00\x7f\x9b", id="controls"),
        pytest.param("a\r\nb\tc\x0b", r"a\r\nb\tc\x0b", id="line-ends"),
        pytest.param("\u202e\u2066\u200e\u061c", r"\u202e\u2066\u200e\u061c", id="bidirectional"),
        pytest.param("\u200b\u2060\ufeff\u3164", r"\u200b\u2060\ufeff\u3164", id="zero-width"),
        pytest.param("a\u3164b", r"a\u3164b", id="letter-without-shape"),
        pytest.param("\u2028\u2029\x85", r"\u2028\u2029\x85", id="separators"),
        pytest.param("\udcff\ue000\U000e0041", r"\udcff\ue000\U000e0041", id="no-characters"),
        pytest.param(" ::error::x", r" \x3a:error::x", id="command"),
        pytest.param("a ##[error]x", r"a \x23#[error]x", id="older-command"),
        pytest.param("a::b # ## [x]", "a::b # ## [x]", id="no-command"),
    ],
)
def test_escapes(text: str, line: str) -> None:
    """What is not printable, and what a build service obeys, is shown escaped; all else stays."""
    assert plain(text) == line


def test_limit() -> None:
    """A long text keeps its first and its last part."""
    assert plain("x" * LIMIT) == "x" * LIMIT
    line = plain("first" + "x" * LIMIT + "last")
    assert line.startswith("first")
    assert line.endswith("last")
    assert line.count("…") == 1
    assert len(line) == LIMIT


@pytest.mark.parametrize("text", ["x", "\x00", "\n", "#", "##[", " "])
def test_huge(text: str) -> None:
    """A text of millions of characters costs no more than a long one."""
    huge = text * 10_000_000
    started = time.thread_time()
    assert len(plain(huge)) == LIMIT
    assert time.thread_time() - started < 0.5


def test_lines() -> None:
    """Of many lines the first and the last ten are shown, each of them plain."""
    assert plain_lines("a\x1b\nb") == [r"a\x1b", "b"]
    lines = plain_lines("\n".join(map(str, range(1_020))))
    assert lines[9:12] == ["9", "... and 1,000 more lines", "1010"]
    assert len(lines) == 21
