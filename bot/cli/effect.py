"""``framekiln effect``: a picture with an effect, as ``/effect`` makes it in Discord."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.making import give_up, make, print_receipt
from bot.cli.request_options import A_FILE
from engine.core.recipe import Role

if TYPE_CHECKING:
    from engine.effects.effect_recipe import EffectRecipe


def _list(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    from engine.effects.shipped import SHIPPED  # noqa: PLC0415 - the command line starts without it

    if wanted:
        widest = max(len(effect.name) for effect in SHIPPED.values())
        for effect in SHIPPED.values():
            click.echo(f"{effect.name:<{widest}}  {effect.about}")
        context.exit()


@click.command()
@click.argument("name")
@click.argument("image", type=A_FILE)
@click.option("--seed", type=click.IntRange(0), help="The same seed makes the same clip.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to save the MP4.")
@click.option(
    "--list",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_list,
    help="List the effects that come with Framekiln.",
)
def effect(name: str, image: Path, seed: int | None, output: Path) -> None:
    """Give IMAGE the effect NAME: one that comes with Framekiln, or a .framekiln-effect file."""
    from engine.core.errors import UserError  # noqa: PLC0415 - the command line starts without it

    try:
        request = replace(_named(name).request(), seed=seed)
        made = make(request, {Role.PICTURE: image}, output)
    except UserError as error:
        give_up(str(error))
    print_receipt(made, output.expanduser())


def _named(name: str) -> EffectRecipe:
    """The effect of this name, or in this file.

    Raises:
        UserError: there is none, or the file cannot be used.
    """
    from engine.core.errors import Code, UserError  # noqa: PLC0415 - as above
    from engine.effects.effect_recipe import MAX_BYTES, SUFFIX, EffectRecipe  # noqa: PLC0415
    from engine.effects.shipped import SHIPPED  # noqa: PLC0415

    found = SHIPPED.get(name.strip().lower())
    if found is not None:
        return found
    if not name.endswith(SUFFIX):
        raise UserError(Code.EFFECT, "There is no effect {name}; see framekiln effect --list", name=name[:40])
    try:
        with Path(name).expanduser().open("rb") as file:
            return EffectRecipe.from_json(file.read(MAX_BYTES + 1))
    except OSError as error:
        text = "The file cannot be read: {why}"
        raise UserError(Code.EFFECT, text, why=error.strerror or str(error)) from error
