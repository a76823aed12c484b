"""Spares the SDK work that changes nothing in a replay, which took a third of its time.

It replaces functions of the SDK, some of them private, and one of Python's. Where a version of the
SDK has another shape, it does all of its work.
"""

import functools
import re
from collections.abc import Awaitable, Callable
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from google.protobuf.message import Message
from temporalio.bridge import worker as sdk_bridge
from temporalio.converter import DataConverter
from temporalio.worker.workflow_sandbox import _runner as sdk_sandbox
from temporalio.workflow import _definition as sdk_definition

# So the payloads are marked that the SDK treats in its own way, whoever converts them.
MARKED = re.compile(rb"__temporal|external.?storage", re.IGNORECASE)

# What the SDK walks through a message for, besides what a codec does.
FOR_STORAGE = {
    "_decode_reference_payload_sequence",
    "_external_retrieve_payload_sequence",
    "_external_store_payload_sequence",
    "_encode_reference_payload_sequence",
}

Visit = Callable[..., Awaitable[Any]]  # of all payloads in a message


def install() -> None:
    """Take the shortcuts for the rest of the process."""
    sandbox = getattr(sdk_sandbox, "_Instance", None)
    visitor = getattr(sdk_bridge, "CommandAwarePayloadVisitor", None)
    for owner, name, shorter in (
        (sdk_bridge, "decode_activation", unless_nothing_to_do),
        (sdk_bridge, "encode_completion", unless_nothing_to_do),
        (visitor, "visit", unless_for_storage),
        (sandbox, "_run_code", compiled_once),
        (sdk_definition, "UpdateMethodMultiParam", told_at_a_glance),
        (SourceFileLoader, "get_code", read_once),
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
    return stores_nothing(converter) and converter.payload_codec is None


def stores_nothing(converter: Any) -> bool:
    """Tell whether a converter keeps all payloads in the messages that hold them."""
    return (
        isinstance(converter, DataConverter)
        and getattr(converter, "external_storage", None) is None
    )


def unless_for_storage(visit: Visit) -> Visit:
    """Visit payloads for a codec only, if there is no storage: once, not three times."""

    @functools.wraps(visit)
    async def visited(self: Any, functions: Any, message: Message) -> None:
        convert = getattr(functions, "_f", None)
        if (
            getattr(convert, "__name__", "") not in FOR_STORAGE
            or not stores_nothing(getattr(convert, "__self__", None))
            or MARKED.search(message.SerializeToString())
        ):
            await visit(self, functions, message)

    return visited


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


def told_at_a_glance(update: Any) -> type:
    """Answer at once that something is no Update handler, if it holds no definition of one.

    ``@workflow.defn`` asks that of each attribute of a class, most of which all objects have, and
    whoever asks a Protocol looks for the reason in each base class.
    """

    class Told(type):
        def __instancecheck__(cls, member: Any) -> bool:
            return hasattr(member, "_defn") and isinstance(member, update)

    return Told(update.__name__, (), {})


def read_once(get_code: Callable[..., Any]) -> Callable[..., Any]:
    """Read the code of each module only once; the sandbox still runs it anew for each Workflow.

    Besides, Python goes on with what it has learned of the code while that ran.
    """
    kept: dict[tuple[str, str], Any] = {}

    @functools.wraps(get_code)
    def get_code_once(self: Any, name: str) -> Any:
        key = name, self.path
        if key not in kept:
            kept[key] = get_code(self, name)
        return kept[key]

    return get_code_once
