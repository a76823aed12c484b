"""Turns MODULE:ATTRIBUTE into the object that it names, and what goes wrong into one line."""

import difflib
import importlib
import inspect
import sys
import traceback
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

from replaygate import frames
from replaygate.mistake import Mistake


class TargetError(Mistake):
    """What is wrong with a target and what to do, in one line; ``details`` is for --traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details  # the text of a traceback, or nothing

    def __reduce__(self) -> tuple[type["TargetError"], tuple[str, str]]:
        return type(self), (self.args[0], self.details)


def load(role: str, text: str, folder: str) -> Any:
    """Import what ``text`` names; ``role`` is what it is to the gate: ``worker``, for one.

    Raises:
        TargetError: Nothing has that name, or the user's code failed while it was imported.
    """
    module_name, attribute = parted(role, text)
    named: Any = imported(text, module_name, folder)
    for name in attribute.split("."):
        try:
            named = getattr(named, name)
        except AttributeError:
            raise TargetError(missing(role, text, named, name)) from None
        except Exception as error:  # of a module's own __getattr__, or of a property
            raise fault(text, "was looked up", error) from None
    return named


def parted(role: str, text: str) -> tuple[str, str]:
    """Return the module and the attribute of MODULE:ATTRIBUTE.

    Raises:
        TargetError: It has another form.
    """
    module, _, attribute = text.rpartition(":")
    path = PurePath(module.replace("\\", "/"))
    if path.suffix == ".py" or len(path.parts) > 1:
        where = "" if path.parent == PurePath() else f" and --app-dir {path.parent}"
        raise TargetError(
            f"the {role} {text!r} names a file and must be MODULE:ATTRIBUTE: "
            f"write {path.stem}:{attribute}{where}"
        )
    names = [*module.split("."), *attribute.split(".")]
    if not all(name.isidentifier() for name in names):
        raise TargetError(f"the {role} {text!r} must be MODULE:ATTRIBUTE, worker:main for one")
    return module, attribute


def imported(text: str, name: str, folder: str) -> ModuleType:
    """Import a module, looked for in ``folder`` first, as ``python -m`` does in that folder.

    Raises:
        TargetError: There is no such module, or the user's code failed.
    """
    place = str(Path(folder).resolve())
    if place not in sys.path:
        sys.path.insert(0, place)
    importlib.invalidate_caches()
    arguments, sys.argv = sys.argv, [name]  # ours are none of its business
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            where = f"in {place}" if Path(place).is_dir() else f"and no folder {place}"
            raise TargetError(f"{text}: there is no module {error.name!r} {where}") from None
        raise fault(text, "was imported", error) from None
    except (KeyboardInterrupt, TargetError):
        raise
    except SystemExit as error:
        raise ended(text, "while it was imported", error) from None
    except BaseException as error:
        raise fault(text, "was imported", error) from None
    finally:
        sys.argv = arguments


def missing(role: str, text: str, owner: Any, name: str) -> str:
    """Say that ``owner`` has no such attribute, and which it may be."""
    own = [each for each in dir(owner) if not is_sdk(inspect.getattr_static(owner, each, None))]
    close = difflib.get_close_matches(name, own, n=1)
    hint = f"; is it {close[0]!r}?" if close else ""
    return f"the {role} {text}: {what_is(owner)} has no attribute {name!r}{hint}"


def what_is(owner: Any) -> str:
    """Say what an attribute was looked up in; not by its repr, which may hold secrets."""
    if isinstance(owner, ModuleType):
        file = getattr(owner, "__file__", None)
        return f"module {owner.__name__!r}" + (f" ({frames.relative(file)})" if file else "")
    if isinstance(owner, type):
        return f"class {owner.__name__!r}"
    return f"a value of type {type(owner).__name__}"


def is_sdk(named: Any) -> bool:
    """Tell whether the SDK defines it, so that it can be no target."""
    return str(getattr(named, "__module__", "")).startswith("temporalio.")


def fault(text: str, when: str, error: BaseException, hint: str = "") -> TargetError:
    """Say that the user's code failed: with what, and in which line of it."""
    details = "".join(traceback.format_exception(error))
    error = inner_of(error)
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    what = ": ".join(filter(None, (type(error).__name__, said)))
    if isinstance(error, Mistake):  # it is made for people to read
        return TargetError(f"{text}: {said}{hint}", details)
    return TargetError(f"{text} failed while it {when}: {what}{line_of(error)}{hint}", details)


def inner_of(error: BaseException) -> BaseException:
    """Return the exception inside a group of one, as an ``asyncio.TaskGroup`` makes it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def ended(text: str, when: str, error: BaseException, printed: str = "") -> TargetError:
    """Say that the user's code ended the process, and what it printed last."""
    details = "".join(traceback.format_exception(error))
    status = getattr(error, "code", None) or 0
    what = f"status {status}" if isinstance(status, int) else status
    said = f"{text} ended the process ({what}) {when}{line_of(error)}"
    return TargetError(f"{said}: {printed}" if printed else said, details)


def line_of(error: BaseException) -> str:
    """Return where in the user's code an exception comes from, in brackets, if it can be told."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({frames.relative(error.filename)}:{error.lineno})"
    lines = frames.of_traceback(error.__traceback__)
    return f" ({lines[-1].file}:{lines[-1].line})" if lines else ""
