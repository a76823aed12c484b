"""Spares the SDK work that changes nothing in a replay; half of its time goes into such.

Next to the witness, this alone touches a private name of the SDK. Where a version of the SDK has
another shape, it does all the work again.
"""

import functools
import re
from collections.abc import Callable
from types import CodeType
from typing import Any

import temporalio.bridge.worker
from google.protobuf.message import Message
from temporalio.converter import DataConverter
from temporalio.worker.workflow_sandbox import _runner as sdk_sandbox

# So the payloads are marked that the SDK treats in its own way, whoever converts them.
MARKED = re.compile(rb"__temporal|external.?storage", re.IGNORECASE)

Visit = Callable[..., Any]  # of all payloads in a message; returns what is awaited


def install() -> None:
    """Take the shortcuts for the rest of the process."""
    bridge = temporalio.bridge.worker
    for name in ("decode_activation", "encode_completion"):
        setattr(bridge, name, unless_nothing_to_do(getattr(bridge, name)))
    instance = sdk_sandbox._Instance
    if hasattr(instance, "_run_code"):
        instance._run_code = compiled_once(instance._run_code)  # type: ignore[method-assign]


def unless_nothing_to_do(visit: Visit) -> Visit:
    """Visit no payloads if there is neither a codec nor a storage to take them to."""

    @functools.wraps(visit)
    def visited(message: Message, converter: Any, *args: Any, **kwargs: Any) -> Any:
        if has_nothing_to_do(converter) and not MARKED.search(message.SerializeToString()):
            message = type(message)()  # so that it returns whatever it returns
        return visit(message, converter, *args, **kwargs)

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
