"""A shell at a terminal of its own, and what stands on it: for pictures, and to compare them."""

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.support.programs import default_signals

COLUMNS, ROWS = 100, 60
PATIENCE = 120  # seconds
PS1 = r"\[\e[1;32m\]$\[\e[0m\] "
PROMPT = rb"\$\x1b\[0m $"
CONTROL = re.compile(r"(\r|\n|\x1b\[[0-9;?]*[A-Zac-ln-z])")  # all but colours


SHELL = ("bash", "--norc", "--noprofile", "--noediting")
TAKE_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A shell at a terminal, in a folder; ``data`` is all that the terminal was told to show."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.data = b""
        self.changed = asyncio.Event()
        self.master, terminal = os.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))
        with default_signals():
            self.shell = subprocess.Popen(
                [sys.executable, "-c", TAKE_THE_TERMINAL, *SHELL],
                cwd=folder,
                env=environment | {"PS1": PS1, "TERM": "xterm-256color"},
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
        os.close(terminal)
        asyncio.get_running_loop().add_reader(self.master, self.read)

    def close(self) -> None:
        """Close it, as if its window was closed."""
        asyncio.get_running_loop().remove_reader(self.master)
        os.close(self.master)
        self.shell.wait()

    def read(self) -> None:
        """Take what has been shown meanwhile."""
        with contextlib.suppress(OSError):  # the shell has ended
            self.data += os.read(self.master, 65536)
            self.changed.set()

    def type(self, text: str) -> int:
        """Type something; return from where to look for the answer."""
        os.write(self.master, text.encode())
        return len(self.data)

    async def says(self, pattern: bytes, since: int) -> re.Match[bytes]:
        """Wait until the terminal shows ``pattern``."""
        async with asyncio.timeout(PATIENCE):
            while not (match := re.compile(pattern).search(self.data, since)):
                self.changed.clear()
                await self.changed.wait()
        return match

    def kill(self) -> None:
        """Kill what runs in the foreground."""
        os.killpg(os.tcgetpgrp(self.master), signal.SIGKILL)

    def screen(self) -> list[str]:
        """What stands on the terminal in the end, a line each, with its colours."""
        lines, row = [""], 0
        for part in CONTROL.split(self.data.decode()):
            if part == "\n":
                row += 1
                lines += [""] * (row == len(lines))
            elif part == "\x1b[1A":
                row -= 1
            elif part == "\x1b[2K":
                lines[row] = ""
            elif not CONTROL.match(part):
                lines[row] += part
        return lines
