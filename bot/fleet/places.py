"""What the other parts of the bot see of workers: who draws what, how far it is, and what could be drawn."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.fleet.capability import Ability, Machine, can
from bot.job_progress import JobProgress
from bot.link.messages import Told
from bot.loops.first_looks import FirstLook
from bot.loops.outcomes import Outcomes
from bot.loops.runs import Pauses
from bot.seats import HERE, SeatSeen
from db.fleet.workers import Trust, Worker
from db.states import JobId
from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.families import FAMILIES
from engine.process.host import HostState


@dataclass(kw_only=True, eq=False)
class RemoteMachine:
    """A worker's machine, as its hellos and beats tell.

    Attributes:
        silent: nothing is heard of it.
        busy: it has something to draw.
        deaths: how often its program began anew since the bot's start.
    """

    told: Told
    silent: bool = False
    busy: bool = False
    deaths: int = 0
    _told: Told | None = field(default=None, init=False)
    _machine: Machine = field(default_factory=Machine, init=False)

    @property
    def state(self) -> HostState:
        """What it is doing; DOWN while nothing is heard of it."""
        if self.silent:
            return HostState.DOWN
        return HostState.BUSY if self.busy else HostState.READY

    @property
    def machine(self) -> Machine:
        """What it has, worked out anew when it is told anew."""
        if self._told is not self.told:
            self._told, self._machine = self.told, Machine.told(self.told)
        return self._machine

    @property
    def device(self) -> Device:
        """Where it draws."""
        return Device(kind=self.told.device, name=self.told.name, memory=self.told.memory)

    @property
    def rss(self) -> int | None:
        """Not known."""
        return None

    @property
    def at_once(self) -> int:
        """Renders that it takes at once."""
        return self.told.at_once


@dataclass(kw_only=True, eq=False)
class RemoteSeat:
    """A worker's seat; see :class:`bot.seats.Seat`.

    Attributes:
        believed: what its machine says of render times is, until they were measured.
    """

    name: str
    engine: RemoteMachine
    lane: str = HERE
    resting: bool = False
    believed: bool = True

    @property
    def times(self) -> Mapping[str, float]:
        """Profile → seconds that a render takes there."""
        return self.engine.told.times if self.believed else {}

    @property
    def is_ready(self) -> bool:
        """Whether it would begin a job at once, or after the one that it draws."""
        return not self.resting and self.engine.state in {HostState.READY, HostState.BUSY}

    def can_draw(self, engine: str) -> bool:
        """Whether this engine is ready there."""
        return engine in self.engine.told.families


@dataclass(kw_only=True, eq=False)
class WorkerPlace:
    """A worker that is here, or was lately.

    Attributes:
        progress: how far each job is that it draws.
        drafts: the latest first look of each of them.
        outcomes: how its claims end that bring no clip, and what goes wrong with it.
        pauses: how long it had nothing to draw while more waited.
    """

    worker: Worker
    seat: RemoteSeat
    outcomes: Outcomes
    progress: dict[JobId, JobProgress] = field(default_factory=dict)
    drafts: dict[JobId, FirstLook] = field(default_factory=dict)
    pauses: Pauses = field(default_factory=Pauses)

    def __post_init__(self) -> None:
        self.is_now(self.worker)

    def is_now(self, worker: Worker) -> None:
        """The owner may have come to trust it more, or less."""
        self.worker = worker
        self.seat.believed = worker.trust is not Trust.PUBLIC

    @property
    def machine(self) -> Machine:
        """What it has."""
        return self.seat.engine.machine


class Places:
    """All workers that are here, and what those can do that were here lately."""

    def __init__(self) -> None:
        """Make it without any."""
        self._here: dict[str, WorkerPlace] = {}
        self._lately: dict[str, Told] = {}
        self._counted: dict[str, Machine] = {}

    def __iter__(self) -> Iterator[WorkerPlace]:
        """Those that are here, in the order of their names."""
        return iter(sorted(self._here.values(), key=lambda place: place.seat.name))

    def __len__(self) -> int:
        """How many are here."""
        return len(self._here)

    def come(self, place: WorkerPlace) -> None:
        """A worker is here, or is another than it was."""
        self._here[place.worker.id] = place
        self._count({**self._lately, place.worker.id: place.seat.engine.told})

    def gone(self, worker: str) -> None:
        """A worker is away; it may come again."""
        self._here.pop(worker, None)

    def forget(self, worker: str) -> None:
        """A worker may not come any more, and is not counted on."""
        self.gone(worker)
        self._count({each: told for each, told in self._lately.items() if each != worker})

    def remember(self, lately: Mapping[str, Told]) -> None:
        """These were here lately, and what they could do is counted on."""
        here = {worker: place.seat.engine.told for worker, place in self._here.items()}
        self._count({**lately, **here})

    def _count(self, lately: dict[str, Told]) -> None:
        if lately == self._lately:
            return
        before, known = self._lately, self._counted
        self._counted = {  # of those that are as they were, nothing is worked out anew: they come one by one
            worker: known[worker] if told == before.get(worker) else Machine.told(told)
            for worker, told in lately.items()
        }
        self._lately = lately

    @property
    def progress(self) -> Mapping[JobId, JobProgress]:
        """How far each job is that workers draw."""
        return ChainMap(*(place.progress for place in self._here.values()))

    @property
    def drafts(self) -> Mapping[JobId, FirstLook]:
        """The latest first look of each of them."""
        return ChainMap(*(place.drafts for place in self._here.values()))

    def beside(self, seats: Iterable[SeatSeen]) -> Iterable[SeatSeen]:
        """These seats and those of the workers that are here, looked at anew by whoever goes through them."""
        return _Beside(seats, self)

    @property
    def counted(self) -> Collection[Machine]:
        """What each of those has that are here, or were lately."""
        return self._counted.values()

    def anyone_can(self, ability: Ability) -> bool:
        """Whether a worker that is here, or was lately, has an ability."""
        return any(can(machine, ability) for machine in self.counted)

    def any_here_can(self, ability: Ability) -> bool:
        """Whether a worker that is here has an ability."""
        return any(can(place.machine, ability) for place in self._here.values())

    def machines(self, here: Capabilities) -> list[Capabilities]:
        """What each of them could plan with if it were alone, the largest GPU first."""
        told = sorted(self._lately.values(), key=lambda caps: -caps.memory)
        return [_alone(here, caps) for caps in told]

    def with_workers(self, here: Capabilities) -> Capabilities:
        """What this machine and the workers have together, as if it were one with the largest of the GPUs."""
        if not self._lately:
            return here
        largest = max(self._lately.values(), key=lambda caps: caps.memory)
        base = _alone(here, largest) if largest.memory > here.device.memory else here
        lacking = {
            name: why
            for name, why in here.lacking.items()
            if not any(name in caps.families for caps in self._lately.values()) or _made_elsewhere(name)
        }
        weights = here.weights.union(*(caps.weights for caps in self._lately.values()))
        return replace(base, weights=weights, lacking=lacking)


class _Beside(Iterable[SeatSeen]):
    def __init__(self, seats: Iterable[SeatSeen], places: Places) -> None:
        self._seats = seats
        self._places = places

    def __iter__(self) -> Iterator[SeatSeen]:
        yield from self._seats
        yield from (place.seat for place in self._places)


def _alone(here: Capabilities, told: Told) -> Capabilities:
    device = Device(kind=told.device, name=told.name, memory=told.memory)
    return replace(
        here, device=device, weights=frozenset(told.weights), packages=frozenset(told.packages), slow=False
    )


def _made_elsewhere(name: str) -> bool:
    spec = FAMILIES.get(name)
    return spec is None or bool(spec.made_at)
