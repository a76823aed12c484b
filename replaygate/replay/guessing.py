"""Lets Workflow code that is run on have results that nobody knows."""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

Activate = Callable[[WorkflowActivation], WorkflowActivationCompletion]


def guessing(instance: Any, activate: Activate) -> Activate:
    """Return ``activate`` for activations whose results are made up.

    Where such a result is not of the type that the code expects, it gets a blank one.
    """

    def guess(act: WorkflowActivation) -> WorkflowActivationCompletion:
        convert = instance._convert_payloads

        def fitting(payloads: Any, types: Any, converter: Any) -> list[Any]:
            try:
                values = convert(payloads, types, converter)
            except Exception:
                if not types:
                    raise
                values = [None] * len(payloads)
            hints = types or [None] * len(values)
            return [blank(h) if v is None else v for v, h in zip(values, hints, strict=False)]

        instance._convert_payloads = fitting
        try:
            return activate(act)
        finally:
            instance._convert_payloads = convert

    return guess


def blank(hint: Any) -> Any:
    """Return a value of this type that says as little as can be; None where there is none."""
    try:
        if not (isinstance(hint, type) and dataclasses.is_dataclass(hint)):
            return hint()
        hints = typing.get_type_hints(hint)
        needed = [field for field in dataclasses.fields(hint) if field.init and is_needed(field)]
        return hint(**{field.name: blank(hints[field.name]) for field in needed})
    except Exception:
        return None


def is_needed(field: "dataclasses.Field[Any]") -> bool:
    """Tell whether a field has no default."""
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing
