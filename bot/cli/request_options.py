"""The options that the command line shares with Discord, as click has them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.requests.options import STYLE, Option
from engine.core.errors import UserError
from engine.core.request import choose

C = TypeVar("C", bound=Callable[..., Any])

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _word_of(words: type[StrEnum]) -> Callable[[click.Context, click.Parameter, str | None], StrEnum | None]:
    """Read a word of an enum as members may write it in Discord: in any case, with dashes or without."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> StrEnum | None:
        try:
            return None if value is None else choose(words, value, next(iter(words)))
        except UserError as error:
            raise click.BadParameter(str(error), context, parameter) from None

    return read


def asked_for(*described: Option) -> Callable[[C], C]:
    """Give a command of the command line these options, in this order."""

    def give(command: C) -> C:
        for option in reversed(described):
            command = _click_option(option)(command)
        return command

    return give


def _click_option(option: Option) -> Callable[[C], C]:
    told: dict[str, Any] = {"help": option.help or f"{option.about}."}
    if option.kind is bool:
        return click.option(f"--{option.name}", is_flag=True, **told)
    if option is STYLE:
        return click.option(f"--{option.name}", metavar="NAME[:WEIGHT]", multiple=True, **told)
    if option.words is not None:
        told |= {"callback": _word_of(option.words), "metavar": f"[{'|'.join(option.words)}]"}
    elif option.role is not None:
        told["type"] = A_FILE
    elif option.choices:
        told |= {"type": option.kind, "metavar": f"[{'|'.join(map(str, option.choices))}]"}
    elif option.kind is int:
        told["type"] = click.IntRange(_whole(option.least), _whole(option.most))
    elif option.kind is float:
        told["type"] = click.FloatRange(option.least, option.most)
    if option.words is not None and option.default in list(option.words):
        told |= {"default": str(option.default), "show_default": True}
    return click.option(f"--{option.name}", **told)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
