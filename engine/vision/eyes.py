"""All eyes together: made from the folder of weights, each network read when it is first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.core.sight import Sight
from engine.core.sight import Thing as SeenThing
from engine.vision import (
    bodies,
    cutout,
    deformation,
    face_mesh,
    face_movement,
    faces,
    hands,
    text_reader,
    text_regions,
    things,
)
from engine.vision.bodies import Body, find_body
from engine.vision.cutout import Cutout, find_cutout
from engine.vision.drawing import PROGRAM, even_share
from engine.vision.face_mesh import Mesh, fit_mesh
from engine.vision.faces import Face, find_faces
from engine.vision.hands import Glimpse, Hand, find_palms, fit_hands, see_hand
from engine.vision.network import Network, Unreadable
from engine.vision.optical_flow import Floats
from engine.vision.sighting import Found
from engine.vision.text_reader import Reader, Words
from engine.vision.text_regions import TextLine, find_text
from engine.vision.things import Thing, find_things
from engine.weights.store import Store

log = logging.getLogger(__name__)

N = TypeVar("N")
T = TypeVar("T")

Picture = NDArray[np.uint8]

GLANCE = 640
"""Longer side in pixels of what :meth:`Eyes.look` looks for letters in: what can be read in a clip."""


class Eye(StrEnum):
    """An eye, by the name of its entry in the catalogue of weights."""

    FACES = faces.ENTRY
    MESH = face_mesh.ENTRY
    BODIES = bodies.ENTRY
    PALMS = hands.PALM_ENTRY
    HANDS = hands.ENTRY
    SUBJECT = cutout.ENTRY
    TEXT = text_regions.ENTRY
    READER = text_reader.ENTRY
    THINGS = things.ENTRY
    """Not one of the group: whoever wants it pulls it."""


class Eyes:
    """Looks at pictures. One thread at a time may use it.

    An eye whose weights are not here, or are damaged, sees nothing; :meth:`has` tells that from a picture in
    which there is nothing.
    """

    def __init__(self, store: Store) -> None:
        """Make one; nothing is read yet.

        Args:
            store: where the networks are, as far as they were pulled.
        """
        self._faces = _Lazy(store.path(faces.ENTRY) / faces.FILE, Network)
        self._mesh = _Lazy(
            store.path(face_mesh.ENTRY) / face_mesh.FILE, lambda path: Network(path, face_mesh.OUTPUTS)
        )
        self._body = _Lazy(store.path(bodies.ENTRY) / bodies.FILE, lambda path: Network(path, bodies.OUTPUTS))
        self._palms = _Lazy(
            store.path(hands.PALM_ENTRY) / hands.PALM_FILE, lambda path: Network(path, hands.PALM_OUTPUTS)
        )
        self._hands = _Lazy(store.path(hands.ENTRY) / hands.FILE, lambda path: Network(path, hands.OUTPUTS))
        # It holds 250 MB once it has looked, is read in 0.1 s, and looks once a take.
        self._cutout = _Lazy(store.path(cutout.ENTRY) / cutout.FILE, Network, keep=False)
        self._text = _Lazy(store.path(text_regions.ENTRY) / text_regions.FILE, Network)
        self._reader = _Lazy(store.path(text_reader.ENTRY) / text_reader.FILE, Reader)
        self._things = _Lazy(
            store.path(things.ENTRY) / things.FILE, lambda path: Network(path, things.OUTPUTS)
        )
        self._deformation = _Lazy(deformation.PATH, Network, own=True)
        self._movement = _Lazy(face_movement.PATH, Network, own=True)
        self._all: dict[Eye, _Lazy[Network] | _Lazy[Reader]] = {
            Eye.FACES: self._faces,
            Eye.MESH: self._mesh,
            Eye.BODIES: self._body,
            Eye.PALMS: self._palms,
            Eye.HANDS: self._hands,
            Eye.SUBJECT: self._cutout,
            Eye.TEXT: self._text,
            Eye.READER: self._reader,
            Eye.THINGS: self._things,
        }
        self._tell: Callable[[Picture, Sequence[Found]], None] = _nobody

    def telling(self, note: Callable[[Picture, Sequence[Found]], None]) -> Eyes:
        """The same eyes, with the same networks, which also tell what they find.

        Args:
            note: called with each picture that is looked at, and with the faces, meshes, bodies or lines of
                text in it.
        """
        eyes = copy(self)
        eyes._tell = note  # noqa: SLF001 - a copy of this very object
        return eyes

    def _told(self, picture: Picture, found: Sequence[Found]) -> None:
        if found:
            self._tell(picture, found)

    def has(self, eye: Eye) -> bool:
        """Whether an eye can look; reads its network if that was not done yet."""
        return self._all[eye].get() is not None

    def faces(self, picture: Picture, *, side: int = faces.SIDE) -> tuple[Face, ...]:
        """Faces, the surest first; ``picture`` is uint8 ``[H, W, 3]``, RGB; see :func:`find_faces`."""
        found: tuple[Face, ...] = self._faces.ask(lambda network: find_faces(picture, network, side=side), ())
        self._told(picture, found)
        return found

    def mesh(self, picture: Picture, face: Face | Mesh) -> Mesh | None:
        """The mesh of a face that was found in this picture, or of the frame before; None: no face there."""
        found = self._mesh.ask(lambda network: fit_mesh(picture, face, network), None)
        self._told(picture, () if found is None else (found,))
        return found

    def deformation(self, face: Picture) -> Floats | None:
        """How much an upright face looks out of shape; see :func:`engine.vision.deformation.deformation`."""
        return self._deformation.ask(lambda network: deformation.deformation(face, network), None)

    def face_movement(self, planes: Floats) -> Floats | None:
        """How much a face comes apart; see :func:`engine.vision.face_movement.face_movement`."""
        return self._movement.ask(lambda network: face_movement.face_movement(planes, network), None)

    def body(self, picture: Picture, start: Face | Body, *, looks: int = bodies.LOOKS) -> Body | None:
        """The body under a face that was found in this picture, or of the frame before; None: not certain."""
        found = self._body.ask(lambda network: find_body(picture, start, network, looks=looks), None)
        self._told(picture, () if found is None else (found,))
        return found

    def hands(self, picture: Picture) -> tuple[Hand, ...]:
        """Hands, the surest first; see :func:`engine.vision.hands.fit_hands`."""
        palms: list[tuple[float, Floats]] = self._palms.ask(lambda network: find_palms(picture, network), [])
        if not palms:  # in most pictures; the other network need not be read
            return ()
        return self._hands.ask(lambda network: fit_hands(picture, palms, network), ())

    def hand(self, picture: Picture, body: Body, side: int, *, enough: float = 0.0) -> Glimpse | None:
        """What is at a body's wrist; see :func:`see_hand`."""
        return self._hands.ask(lambda network: see_hand(picture, body, side, network, enough=enough), None)

    def cutout(self, picture: Picture) -> Cutout | None:
        """What stands out in a picture; None where nothing does for certain."""
        return self._cutout.ask(lambda network: find_cutout(picture, network), None)

    def text(self, picture: Picture, *, side: int = text_regions.SIDE) -> tuple[TextLine, ...]:
        """Lines of text, the largest first; see :func:`engine.vision.text_regions.find_text`."""
        found: tuple[TextLine, ...] = self._text.ask(
            lambda network: find_text(picture, network, self._reader.get, side=side), ()
        )
        self._told(picture, found)
        return found

    def read(self, picture: Picture, line: TextLine) -> Words | None:
        """What a line says; None where it cannot be read here."""
        return self._reader.ask(lambda reader: reader.read(picture, line.corners), None)

    def things(self, picture: Picture) -> tuple[Thing, ...]:
        """Animals, vehicles and products, the surest first; see :func:`engine.vision.things.find_things`."""
        return self._things.ask(lambda network: find_things(picture, network), ())

    def look(self, picture: Picture) -> Sight:
        """What a plan needs to know of a picture, and what is stored with the job; quick.

        Args:
            picture: uint8 ``[H, W, 3]``, RGB.
        """
        height, width = picture.shape[:2]
        faces = tuple(face.box.spot(face.certainty, width, height) for face in self.faces(picture))
        # The letters of a screenshot are too small for a glance.
        side = text_regions.SIDE if even_share(picture) >= PROGRAM else GLANCE
        lines = tuple(line.box.spot(line.certainty, width, height) for line in self.text(picture, side=side))
        found = tuple(
            SeenThing(**asdict(thing.box.spot(thing.certainty, width, height)), kind=thing.kind)
            for thing in self.things(picture)
        )
        return Sight(
            faces=faces if self.has(Eye.FACES) else None,
            letters=lines if self.has(Eye.TEXT) else None,
            things=found if self.has(Eye.THINGS) else None,
        )


def _nobody(picture: Picture, found: Sequence[Found]) -> None:
    """Tell nobody."""


class _Lazy(Generic[N]):
    """A network that is read when it is first asked."""

    def __init__(
        self, path: Path, read: Callable[[Path], N], *, keep: bool = True, own: bool = False
    ) -> None:
        """Make one.

        Args:
            path: its file.
            read: reads it.
            keep: it stays in memory once it was asked.
            own: it comes with the engine, and is not pulled.
        """
        self._path = path
        self._read = read
        self._keep = keep
        self._own = own
        self._network: N | None = None
        self._broken = False

    def get(self) -> N | None:
        """The network; None where it is not here or cannot be used."""
        if self._network is None and not self._broken and self._path.is_file():
            try:
                self._network = self._read(self._path)
            except Unreadable as error:
                self._give_up(error)
        return self._network

    def ask(self, what: Callable[[N], T], nothing: T) -> T:
        """Ask the network; ``nothing`` where it cannot be."""
        network = self.get()
        if network is None:
            return nothing
        try:
            return what(network)
        except Unreadable as error:
            self._give_up(error)
            return nothing
        finally:
            if not self._keep:
                self._network = None

    def _give_up(self, error: Unreadable) -> None:
        """A damaged file is no reason to fail; it is told once, and the rest goes on."""
        self._network, self._broken = None, True
        pulled = f"framekiln models remove {self._path.parent.name}, then pull it again"
        log.warning("%s To mend it: %s", error, "reinstall Framekiln" if self._own else pulled)
