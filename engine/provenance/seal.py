"""The last step before a clip is sent: say in the file that a machine made it, and sign it.

Writing the file again strips the signature (ffmpeg copies no C2PA), so a clip is sealed right before it is
sent, and so is a smaller version of it. The engine's own output is not signed: equal recipes give equal bytes
there, and a signature never does.

C2PA: https://spec.c2pa.org. The library is Adobe's, written in Rust; where it cannot be loaded, the clip goes
out with its tags alone and says so.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from engine.clips.mp4 import read_metadata
from engine.core.recipe import Recipe
from engine.core.shortages import shortage_of
from engine.provenance.identity import Identity
from engine.provenance.statement import (
    COMPOSITE_TRAINED_MEDIA,
    at_service,
    sound_of,
    source_type,
    source_type_of_all,
)
from engine.provenance.xmp import read_source_type, source_type_box

MP4 = "video/mp4"
NO_LIBRARY = "c2pa-python cannot be loaded here"
NO_KEY = "there is no key: the bot makes one at its first start"

# A stranger's file may contain a URL of its manifest; it is never fetched.
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


class Signature(StrEnum):
    """What a file's C2PA signature says."""

    VALID = "valid"
    """Signed, and not changed since; it does not say by whom."""

    TRUSTED = "trusted"
    """The same, and the signer is on a list of trust."""

    INVALID = "invalid"
    """Signed, and changed since."""

    NONE = "none"
    UNKNOWN = "unknown"
    """The library that could tell cannot be loaded."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A clip that is ready to be sent.

    Attributes:
        unsigned: why it is not signed; "" if it is.
    """

    mp4: bytes
    unsigned: str = ""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a file says about itself.

    Attributes:
        recipe: None if the file has none that can be read.
        source_type: IPTC's URL; "" if the file names none.
        signature: whether the file is still as it was signed.
        problems: the C2PA specification's codes of everything that does not match.
        signer: the name in its certificate; "" if there is none.
    """

    recipe: Recipe | None
    source_type: str
    signature: Signature
    problems: tuple[str, ...] = ()
    signer: str = ""


class Sealer:
    """Seals clips with one identity.

    Args:
        identity: None: the clips carry their tags, and are not signed.
    """

    def __init__(self, identity: Identity | None) -> None:
        self._identity = identity

    def seal(self, mp4: bytes, recipe: Recipe) -> Sealed:
        """Add the source type and the signature. A few milliseconds and a few kilobytes; any thread may ask.

        Args:
            mp4: as the encoder left it.
            recipe: what it was made from.
        """
        return self._sealed(mp4, _manifest(recipe), source_type(recipe))

    def seal_joined(self, mp4: bytes, parts: Mapping[str, Recipe | None]) -> Sealed:
        """Seal what was joined from clips; as :meth:`seal`.

        Args:
            mp4: as the encoder left it.
            parts: digest of each clip's file → what it was made from, in their order; None: not known any
                more, which is taken to be a real picture that a trained model continued.
        """
        kind = source_type_of_all(
            {COMPOSITE_TRAINED_MEDIA if one is None else source_type(one) for one in parts.values()}
        )
        return self._sealed(mp4, _manifest_of_joined(parts, kind), kind)

    def _sealed(self, mp4: bytes, manifest: dict[str, Any], kind: str) -> Sealed:
        tagged = mp4 + source_type_box(kind)
        if self._identity is None:
            return Sealed(mp4=tagged, unsigned=NO_KEY)
        c2pa = library()
        if c2pa is None:
            return Sealed(mp4=tagged, unsigned=NO_LIBRARY)
        try:
            return Sealed(mp4=_sign(c2pa, tagged, manifest, self._identity))
        except c2pa.C2paError as error:
            if shortage_of(error) is not None:
                raise  # it passes, and then the clip can be signed
            return Sealed(mp4=tagged, unsigned=f"signing failed: {error}")


def inspect_clip(path: Path) -> Provenance:
    """Read what a clip says about itself, and check its signature. Makes no network request.

    Raises:
        ValueError: the file is no MP4, or it is damaged.
        OSError: it cannot be read.
    """
    words = read_metadata(path)
    signature, problems, signer = _signature(path)
    return Provenance(
        recipe=_recipe(words.get("comment", "")),
        source_type=read_source_type(path) or "",
        signature=signature,
        problems=problems,
        signer=signer,
    )


def library() -> Any | None:
    """The C2PA library, or None if it cannot be loaded. It is large, so it is imported late."""
    try:
        import c2pa  # noqa: PLC0415 - see above
    except (ImportError, OSError, RuntimeError) as error:
        if shortage_of(error) is not None:
            raise
        return None  # no wheel for this platform; or its binary does not fit
    return c2pa


def _sign(c2pa: Any, mp4: bytes, manifest: dict[str, Any], identity: Identity) -> bytes:
    # No time stamp (None; "" would be an error): it would tell a server on the internet of each clip.
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, identity.chain, identity.key, None)
    signed = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
        builder.sign(signer, MP4, io.BytesIO(mp4), signed)
    return signed.getvalue()


def _manifest(recipe: Recipe) -> dict[str, Any]:
    sound = sound_of(recipe)
    how = f"drawn by the engine {recipe.engine}{at_service(recipe)}{sound and f', with {sound}'}"
    return _created(how, source_type(recipe), sorted(recipe.inputs.items()))


def _manifest_of_joined(parts: Mapping[str, Recipe | None], kind: str) -> dict[str, Any]:
    known = [recipe for recipe in parts.values() if recipe is not None]
    engines = sorted({f"{recipe.engine}{at_service(recipe)}" for recipe in known})
    how = f"joined from {len(parts)} clips{', drawn by ' if engines else ''}{'; '.join(engines)}"
    return _created(how, kind, [(f"clip {number}", digest) for number, digest in enumerate(parts, 1)])


def _created(how: str, kind: str, inputs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    program = {"name": "Framekiln", "version": metadata.version("framekiln")}
    action = {
        "action": "c2pa.created",
        "softwareAgent": program,
        "digitalSourceType": kind,
        "description": how,
    }
    return {
        "claim_generator_info": [program],
        "title": "Made with Framekiln",
        "format": MP4,
        # What went in is named by its digest; the member's picture itself is never in the file.
        "ingredients": [
            {"title": title, "instance_id": f"sha256:{digest}", "relationship": "inputTo"}
            for title, digest in inputs
        ],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


def _signature(path: Path) -> tuple[Signature, tuple[str, ...], str]:
    c2pa = library()
    if c2pa is None:
        return Signature.UNKNOWN, (), ""
    try:
        with (
            c2pa.Context.from_dict(_OFFLINE) as context,
            path.open("rb") as file,
            c2pa.Reader(MP4, file, context=context) as reader,
        ):
            found = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return Signature.NONE, (), ""
    except c2pa.C2paError as error:
        return Signature.INVALID, (str(error),), ""
    problems = tuple(sorted({problem["code"] for problem in found.get("validation_status", ())}))
    manifest = found["manifests"][found["active_manifest"]]
    signer = manifest.get("signature_info", {}).get("common_name", "")
    return Signature(found["validation_state"].lower()), problems, signer


def _recipe(comment: str) -> Recipe | None:
    try:
        return Recipe.from_json(comment)
    except ValueError:
        return None
