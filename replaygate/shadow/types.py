"""Which Workflow types the Worker of a target registers; its code runs in a process of its own."""

from replaygate.processes.child import Channel, Child, Died, context
from replaygate.shadow.slot import start_method
from replaygate.targets.registration import type_name
from replaygate.targets.target import Target, TargetError, resolve

PATIENCE = 60.0  # seconds that the user's modules may take


def registered(target: Target) -> list[str]:
    """Return the Workflow types.

    Raises:
        TargetError: The target can't be resolved.
    """
    child = Child(context(start_method()), tell, target)
    try:
        answer = child.receive() if child.pipe.poll(PATIENCE) else Died("it does not answer")
    finally:
        child.kill()
    match answer:
        case list():
            return answer
        case TargetError():
            raise answer
        case Died(reason):
            raise TargetError(f"{target.worker}: {reason} while it was imported")
    raise AssertionError(answer)


def tell(channel: Channel, target: Target) -> None:
    """Send the types, or why there are none; runs in the process."""
    try:
        registrations = resolve(target)
    except TargetError as error:
        channel.leave(error)
    names = {type_name(each) for one in registrations for each in one.config["workflows"]}
    channel.leave(sorted(name for name in names if name))
