"""``framekiln inspect``: what a clip says of itself, and whether that is what was signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.provenance.seal import Provenance

SIGNATURES = {
    "valid": "intact: nothing changed since it was signed (by {signer}; anyone can make such a key)",
    "trusted": "intact, from a trusted signer: {signer}",
    "invalid": "broken: the file was changed after it was signed",
    "none": "none: never signed, or re-encoded since",
    "unknown": "unknown: c2pa-python is not installed here",
}


@click.command()
@click.argument("clip", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def inspect(clip: Path, as_json: bool) -> None:
    """Show where CLIP comes from: its recipe, its source type and its C2PA signature.

    Exit status 1 when the signature is broken.
    """
    from engine.provenance.seal import Signature, inspect_clip  # noqa: PLC0415 - slow to import, and only needed here

    try:
        found = inspect_clip(clip)
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{clip}: {error}") from error
    click.echo(_as_json(found) if as_json else _as_text(found))
    raise SystemExit(1 if found.signature is Signature.INVALID else 0)


def _as_text(found: Provenance) -> str:
    lines = [f"source type  {found.source_type or 'none'}"]
    lines.append(f"signature    {SIGNATURES[found.signature].format(signer=found.signer or 'nobody')}")
    if found.problems:
        lines.append(f"             {', '.join(found.problems)}")
    if found.recipe is None:
        lines.append("recipe       none")
    else:
        made = found.recipe
        prompt = f", prompt {made.prompt!r}" if made.prompt else ""
        lines.append(f"recipe       {made.kind}, engine {made.engine}, seed {made.seed}{prompt}")
    return "\n".join(lines)


def _as_json(found: Provenance) -> str:
    return json.dumps(
        {
            "source_type": found.source_type,
            "signature": found.signature,
            "problems": found.problems,
            "signer": found.signer,
            "recipe": None if found.recipe is None else json.loads(found.recipe.to_json()),
        },
        ensure_ascii=False,
    )
