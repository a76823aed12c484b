"""Calls what a user's target names, as their own program would, until it has made its Workers."""

import asyncio
import inspect
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

from temporalio.client import Client

from replaygate import frames
from replaygate.importing import TargetError, ended, fault
from replaygate.recording import Enough, Recording
from replaygate.unconnected import OwnServer

PATIENCE = 10.0  # seconds in which the Workers must be made
UNWINDING = 1.0  # seconds that the code then has to end


def called(text: str, named: Any, recording: Recording, client: Callable[[], Client]) -> Any:
    """Call a function, with a client where it takes one, and return what comes of it in the end.

    None is returned where it was left because its Workers ran. It has a thread of its own, so
    that one which never ends can be left alone.

    Raises:
        TargetError: It failed, ended the process, or took too long.
    """
    parameter = client_parameter(text, named)
    if parameter is None:
        act = lambda: _call(named)
    ...
