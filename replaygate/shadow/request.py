"""What a shadow is asked for, and the parts of its work: the payloads of Workflow and Activity."""

from dataclasses import dataclass, field

from replaygate.shadow.tally import Tally

WORKFLOW, ACTIVITY, PROGRESS = "Shadow", "shadow_slice", "progress"
REQUEST = "request"  # under which the Workflow's memo holds what it was asked for
NAMESPACE = "shadow"
HASHES = 1 << 32  # as many values has crc32
LAG = 3.0  # seconds after which the Temporal Service lists what has started


@dataclass(frozen=True)
class Request:
    """Which histories, and how. Zero stands for no bound."""

    filter: str = ""  # a List Filter; empty for all Executions
    paths: list[str] = field(default_factory=list)  # files and folders, instead of a filter
    exclude: list[str] = field(default_factory=list)  # of the folders
    sample: float = 1.0  # which share of them
    at_least: int = 0  # of each Workflow type that is registered
    limit: int = 0  # at most so many
    stop_after: int = 0  # groups of incompatible histories
    seconds: float = 0.0  # after which no more is replayed
    rps: float = 0.0  # requests a second to the Temporal Service, of all Workers together
    strict: bool = False
    timeout: float = 30.0  # seconds, a history
    heartbeat: float = 10.0  # seconds after which a silent Worker's slice goes to another
    size: int = 500  # histories in a slice


@dataclass(frozen=True)
class Slice:
    """The Executions whose StartTime lies in it; the files whose names' hashes do."""

    start: int  # microseconds since 1970, or a hash
    end: int  # behind it
    count: int = -1  # how many there are; -1 where nobody has counted


@dataclass(frozen=True)
class Part:
    """A slice that is handed out."""

    slice: Slice
    first: bool = False  # it stands for all, and what the Worker is has to be told
    limit: int = 0
    beside: int = 1  # slices that are handed out at once, this one included
    shares: dict[str, float] = field(default_factory=dict)  # by type, where above the sample


@dataclass(frozen=True)
class Done:
    """What came of a part: a tally, or smaller slices in its place."""

    tally: Tally = field(default_factory=Tally)
    slices: list[Slice] = field(default_factory=list)
    slots: int = 1  # histories that all Workers together can replay at once
    total: int = 0  # of the first: how many there are
    registered: list[str] = field(default_factory=list)  # of the first: Workflow types
    shares: dict[str, float] = field(default_factory=dict)  # of the first


@dataclass
class Account:
    """How far a shadow has come. It goes from run to run, and is the result in the end."""

    until: int = 0  # microseconds since 1970: what started later is not covered
    began: float = 0.0  # seconds since 1970
    seconds: float = 0.0  # that it has taken
    total: int = 0
    waiting: list[Slice] = field(default_factory=list)
    slots: int = 1
    registered: list[str] = field(default_factory=list)
    shares: dict[str, float] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    over: str = ""  # why it ended before its work was done

    def add(self, done: Done, first: bool) -> None:
        """Add what came of a part."""
        self.tally.merge(done.tally)
        self.waiting += reversed(done.slices)
        self.slots = max(1, done.slots)
        if first:
            self.total, self.registered, self.shares = done.total, done.registered, done.shares


def begun(request: Request, now: float) -> Account:
    """Return the account of a shadow that begins now."""
    until = int((now - LAG) * 1e6)
    whole = Slice(0, HASHES if request.paths else until)
    return Account(until=until, began=now, waiting=[whole])


def name_of(build: str) -> str:
    """Return the Workflow Id and the Task Queue of a build's shadow.

    A Worker of another build can't take its slices.
    """
    return f"shadow-{build}"
