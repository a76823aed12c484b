"""What the Workflows that are made up do: single steps, steps around others, and ends."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

Lines = list[str]
WORDS = ("pack", "send", "look", "count", "greet", "weigh", "paint", "store")


@dataclass
class Writer:
    """Writes a Workflow down, and keeps what its lines rely on."""

    draw: st.DrawFn
    methods: list[Lines] = field(default_factory=list)
    signals: int = 0
    updates: int = 0
    names: int = 0

    def name(self) -> str:
        """Return a name that nothing else has."""
        self.names += 1
        return f"{self.draw(st.sampled_from(WORDS))}_{self.names}"

    def some(self, least: int = 1, most: int = 2) -> Lines:
        """Write a few single steps."""
        lines = Lines()
        for _ in range(self.draw(st.integers(least, most))):
            lines += self.draw(st.sampled_from(SIMPLE))(self)
        return lines

    def method(self, name: str, lines: Lines) -> str:
        """Put steps into a method of their own, and return the call of it."""
        self.methods.append(["", f"async def {name}(self) -> None:", *inside(lines)])
        return f"self.{name}()"


Step = Callable[[Writer], Lines]


def inside(lines: Lines) -> Lines:
    """Indent lines."""
    return [textwrap.indent(line, " " * 4) for line in lines]


def act(writer: Writer) -> Lines:
    name = writer.name()
    return [f'await do.act("{name}")  # the Activity {name}']


def numbered(writer: Writer) -> Lines:
    name = writer.name()
    return [f'await do.act("{name}", activity_id="id-{name}")  # the Activity {name}']


def local(writer: Writer) -> Lines:
    name = writer.name()
    return [f'await do.local("{name}")  # the Local Activity {name}']


def rest(writer: Writer) -> Lines:
    return ["await do.rest(0.01)  # a Timer"]


def child(writer: Writer) -> Lines:
    name = writer.name()
    id = f'f"{{workflow.info().workflow_id}}-{name}"'
    return [f'await do.child("{name}", id={id})  # the Child Workflow {name}']


def drawn_child(writer: Writer) -> Lines:
    name = writer.name()
    return [f'await do.child("{name}")  # the Child Workflow {name}']


def note(writer: Writer) -> Lines:
    return [f'do.note("{writer.name()}")  # an upsert of search attributes']


def memo(writer: Writer) -> Lines:
    return [f'workflow.upsert_memo({{"state": "{writer.name()}"}})  # an upsert of the memo']


def tell(writer: Writer) -> Lines:
    name = writer.name()
    return [f'await do.tell("nobody", "{name}")  # the Signal {name} to another Execution']


def ask(writer: Writer) -> Lines:
    name = writer.draw(st.sampled_from(["hello", "goodbye"]))
    return [f'await do.ask("{name}")  # the Nexus Operation {name}']


SIMPLE: tuple[Step, ...] = (
    *(act, act, act, numbered, local, rest, child, drawn_child, note, memo, tell, ask),
)


def patched(writer: Writer) -> Lines:
    name = writer.name()
    return [f'if workflow.patched("{name}"):', *inside(writer.some())]


def deprecated(writer: Writer) -> Lines:
    return [f'workflow.deprecate_patch("{writer.name()}")']


def gathered(writer: Writer) -> Lines:
    lines = []
    for _ in range(writer.draw(st.integers(2, 3))):
        (line,) = writer.draw(st.sampled_from([act, numbered, local, rest, child]))(writer)
        code, noun = line.split("  # ")
        lines.append(f"{code.removeprefix('await ')},  # {noun}")
    return ["await asyncio.gather(", *inside(lines), ")"]


def helped(writer: Writer) -> Lines:
    return [f"await {writer.method(writer.name(), writer.some())}"]


def aside(writer: Writer) -> Lines:
    name = writer.name()
    call = writer.method(f"aside_{name}", writer.some())
    return [f"{name} = asyncio.create_task({call})", *writer.some(), f"await {name}"]


def cancelled_aside(writer: Writer) -> Lines:
    name = writer.name()
    call = writer.method(f"aside_{name}", [*writer.some(0, 1), 'await do.start("hang")'])
    return [
        f"{name} = asyncio.create_task({call})",
        *writer.some(),
        f"{name}.cancel()",
        f"await asyncio.wait([{name}])",
    ]


def failing(writer: Writer) -> Lines:
    name = f"fail_{writer.name()}"
    how, noun = writer.draw(
        st.sampled_from([("act", "the Activity"), ("local", "the Local Activity")])
    )
    return [
        "try:",
        *inside([f'await do.{how}("{name}")  # {noun} {name}']),
        "except ActivityError:",
        *inside(writer.some()),
    ]


def cancelled_activity(writer: Writer) -> Lines:
    name = writer.name()
    return [
        f'{name} = do.start("hang_{name}")  # the Activity hang_{name}',
        *writer.some(),
        f"await do.give_up({name})  # the cancellation of the Activity hang_{name}",
    ]


def cancelled_timer(writer: Writer) -> Lines:
    name = writer.name()
    return [
        f"{name} = asyncio.create_task(do.rest(600))  # a Timer",
        *act(writer),
        f"{name}.cancel()  # the cancellation of a Timer",
    ]


def cancelled_child(writer: Writer) -> Lines:
    name = writer.name()
    return [
        f'{name} = await do.linger(id=f"{{workflow.info().workflow_id}}-{name}")'
        "  # the Child Workflow linger",
        *writer.some(),
        f"{name}.cancel()  # the cancellation of the Child Workflow linger",
    ]


def signalled(writer: Writer) -> Lines:
    writer.signals += 1
    return [f"await workflow.wait_condition(lambda: self.steps >= {writer.signals})"]


def signalled_in_time(writer: Writer) -> Lines:
    writer.signals += 1
    condition = f"lambda: self.steps >= {writer.signals}"
    return [f"await workflow.wait_condition({condition}, timeout=600)  # a Timer"]


def updated(writer: Writer) -> Lines:
    writer.updates += 1
    return [f"await workflow.wait_condition(lambda: self.changes >= {writer.updates})"]


def looped(writer: Writer) -> Lines:
    return ["for _ in range(2):", *inside(writer.some())]


def tossed(writer: Writer) -> Lines:
    return [
        "if workflow.random().random() < 0.5:",
        *inside(writer.some()),
        "else:",
        *inside(writer.some()),
    ]


COMPOUND: tuple[Step, ...] = (
    *(patched, deprecated, gathered, helped, aside, cancelled_aside, failing, cancelled_activity),
    *(cancelled_timer, cancelled_child, signalled, signalled_in_time, updated, looped, tossed),
)


@dataclass(frozen=True)
class End:
    """How a Workflow ends."""

    write: Step
    cancelled: bool = False  # its Execution is asked to cancel
    stays_open: bool = False


def again(writer: Writer) -> Lines:
    return [
        "if workflow.info().continued_run_id is None:",
        *inside(["workflow.continue_as_new()"]),
        'return "done"',
    ]


def undone(writer: Writer) -> Lines:
    return ["try:", *inside(rest_long()), "finally:", *inside(writer.some()), 'return "done"']


def rest_long() -> Lines:
    return ["await do.rest(600)  # a Timer"]


ENDS = (
    *[End(lambda writer: ['return "done"'])] * 4,
    End(lambda writer: ['raise ApplicationError("no")']),
    End(lambda writer: ['raise ValueError("stumbles")'], stays_open=True),
    End(lambda writer: ["await workflow.wait_condition(lambda: False)"], stays_open=True),
    End(again),
    End(undone, cancelled=True),
)
