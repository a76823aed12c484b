"""Spares the SDK work that changes nothing in a replay, which took a quarter of its time.

It replaces functions of the SDK, one of them private. Where a version of the SDK has another shape,
it does all of its work.
"""

import functools
import re
from collections.abc import Awaitable, Callable
from types import CodeType
from typing import Any

from google.protobuf.message import Message
from temporalio.bridge import worker as sdk_bridge
from temporalio.converter import DataConverter
from temporalio.worker.workflow_sandbox import _runner as sdk_sandbox

# So the payloads are marked that the SDK treats in its own way, whoever converts them.
MARKED = re.compile(rb"__temporal|external.?storage", re.IGNORECASE)

Visit = Callable[..., Awaitable[Any]]  # of all payloads in a message


def install() -> None:
    """Take the shortcuts for the rest of the process."""
    sandbox = getattr(sdk_sandbox, "_Instance", None)
    for owner, name, shorter in (
        (sdk_bridge, "decode_activation", unless_nothing_to_do),
        (sdk_bridge, "encode_completion", unless_nothing_to_do),
        (sandbox, "_run_code", compiled_once),
    ):
        if long := getattr(owner, name, None):
            setattr(owner, name, shorter(long))


def unless_nothing_to_do(visit: Visit) -> Visit:
    """Visit no payloads if there is neither a codec nor a storage to take them to."""
    answers: list[Any] = []  # what it answers when it has nothing to do

    @functools.wraps(visit)
    async def visited(message: Message, converter: Any, *args: Any, **kwargs: Any) -> Any:
        if not has_nothing_to_do(converter) or MARKED.search(message.SerializeToString()):
            return await visit(message, converter, *args, **kwargs)
        if not answers:
            answers.append(await visit(type(message)(), converter, *args, **kwargs))
        return answers[0]

    return visited


def has_nothing_to_do(converter: Any) -> bool:
    """Tell whether a converter leaves each payload as it is, outside the Workflow."""
    return (
        isinstance(converter, DataConverter)
        and converter.payload_codec is None
        and getattr(converter, "external_storage", None) is None
    )


def compiled_once(run: Callable[..., None]) -> Callable[..., None]:
    """Compile each of the few lines by which the sandbox is entered only once."""

    @functools.wraps(run)
    def run_compiled(self: Any, code: str, **names: Any) -> None:
        run(self, compiled(code), **names)

    return run_compiled


@functools.lru_cache(maxsize=1_000)  # two for each Workflow, and three for all
def compiled(code: str) -> CodeType:
    """Compile code as ``exec`` does."""
    return compile(code, "<string>", "exec", dont_inherit=True)
