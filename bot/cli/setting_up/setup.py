"""``framekiln setup``: ask for what is needed, write it down, and look whether the bot can run.

Each question has an option, so that it also runs where nobody is there to answer. A second run changes
nothing that it has not asked about.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.setting_up.service_files import UNIT_NAME, compose, enable, unit, unit_path
from bot.cli.setting_up.written_settings import PRIVATE, read, with_env, with_toml, write, written_in_env
from bot.config.secrets import bare_token, has_form_of_token
from bot.ops.program_name import program

if TYPE_CHECKING:
    from bot.cli.setting_up.token_check import TokenOwner

ENV = Path(".env")
EXAMPLE = Path(".env.example")
TOML = Path("framekiln.toml")
SERVICES = ("systemd", "compose", "none")
WEIGHTS = ("recommended", "none")
LONGEST_TOKEN = 200


@click.command()
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help="A file with the bot's token; - is the standard input. On the command line, others could read it.",
)
@click.option("--guild", type=int, help="The id of your server, for commands at once; 0: in every server.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="The folder for the queue and the clips.")
@click.option("--weights", type=click.Choice(WEIGHTS), help="Download what is recommended for this GPU?")
@click.option("--accept-licences", is_flag=True, help="Accept the licences of those weights.")
@click.option("--service", type=click.Choice(SERVICES), help="What shall keep the bot running?")
@click.option("--replace/--keep", default=None, help="Replace settings that are there and differ?")
def setup(
    token_file: Path | None,
    guild: int | None,
    data_dir: Path | None,
    weights: str | None,
    service: str | None,
    *,
    accept_licences: bool,
    replace: bool | None,
) -> None:
    """Set the bot up: token, invitation, settings, weights, a service; then look at all of it.

    Without a terminal, give an option for each question. What is there is kept unless you say otherwise.
    """
    token, owner = _token(token_file)
    if owner is not None:
        from bot.discord_io.invitation import invitation  # noqa: PLC0415 - discord.py is slow to import

        click.echo(f"This is the token of {owner.name}. To add it to your server, open:")
        click.echo(f"  {invitation(owner.application)}")
    if guild is None:
        known = written_in_env(ENV, "DISCORD_GUILD_ID")
        guild = int(known) if known and known.isdecimal() else _asked_guild()
    wanted = {"DISCORD_TOKEN": token, **({"DISCORD_GUILD_ID": str(guild)} if guild else {})}
    in_toml = TOML.exists() and data_dir is not None
    if data_dir is not None and not in_toml:
        wanted["FRAMEKILN_DATA_DIR"] = str(data_dir)
    _write_env(wanted, replace=replace)
    if in_toml:
        _write_toml("data_dir", str(data_dir), replace=replace)
    _weights(weights, accept=accept_licences)
    _look(start=_service(service, replace=replace))


def _token(file: Path | None) -> tuple[str, TokenOwner | None]:
    """The token, and whose it is; None where Discord could not be asked."""
    known = written_in_env(ENV, "DISCORD_TOKEN")
    if file is not None:
        given = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return _checked(bare_token(given), again=False)
    if known:
        return _checked(known, again=False)
    _needs_somebody("--token-file")
    click.echo(
        "Create an application at https://discord.com/developers/applications. Under Bot, choose Reset\n"
        "Token and copy the token. Leave the three privileged intents off."
    )
    return _checked(_asked_token(), again=True)


def _asked_token() -> str:
    return bare_token(click.prompt("The bot's token", hide_input=True))


def _checked(token: str, *, again: bool) -> tuple[str, TokenOwner | None]:
    """A token that Discord knows. Where somebody is there, they may try again."""
    from bot.cli.setting_up.token_check import NotChecked, NoToken, check_token  # noqa: PLC0415 - as above

    while True:
        if len(token) > LONGEST_TOKEN or not has_form_of_token(token):
            problem = "That is no token: it is one word of some 70 characters, in three parts with dots."
        else:
            try:
                return token, asyncio.run(check_token(token))
            except NoToken:
                problem = (
                    "Discord does not know this token. Under Bot, choose Reset Token and copy the new one."
                )
            except NotChecked as error:
                click.echo(
                    f"The token could not be checked: {error}.\n"
                    "Run setup again when Discord can be reached: it prints the link that adds the "
                    "bot to your server.",
                    err=True,
                )
                return token, None
        if not again:
            _give_up(problem)
        click.echo(problem)
        token = _asked_token()


def _asked_guild() -> int:
    if not _somebody_is_here():
        return 0
    return int(click.prompt("The id of your server, for commands at once (0: every server)", 0, type=int))


def _write_env(wanted: dict[str, str], *, replace: bool | None) -> None:
    """Write settings into ``.env``, which nobody else may read."""
    before = read(ENV) if ENV.exists() else None
    text = before if before is not None else read(EXAMPLE) if EXAMPLE.exists() else ""
    for name, value in wanted.items():
        there = written_in_env(ENV, name)
        if there == value or (there and not _may_replace(f"{name} in {ENV}", replace)):
            continue
        text = with_env(text, name, value)
    if text != before:
        write(ENV, text, mode=PRIVATE)
        click.echo(f"{ENV} is written; only you can read it.")
    elif ENV.stat().st_mode & 0o077:
        ENV.chmod(PRIVATE)
        click.echo(f"Only you can read {ENV} now.")
    else:
        click.echo(f"{ENV} stays as it is.")


def _write_toml(name: str, value: str, *, replace: bool | None) -> None:
    import tomllib  # noqa: PLC0415 - only needed here

    text = read(TOML)
    there = tomllib.loads(text).get(name)
    if there == value or (there is not None and not _may_replace(f"{name} in {TOML}", replace)):
        return
    write(TOML, with_toml(text, name, value))
    click.echo(f"{TOML} has {name} now.")


def _weights(wanted: str | None, *, accept: bool) -> None:
    """Offer what is recommended for the GPU of this machine."""
    from engine.runtime.gpu import driver_gpus  # noqa: PLC0415 - only needed here

    if wanted == "none":
        return
    if not driver_gpus():
        click.echo(
            "There is no NVIDIA GPU here: the engines that need no weights are used, camera and sketch."
        )
        return
    if wanted is None:
        if not _somebody_is_here():
            click.echo(
                "No weights are downloaded: say --weights recommended, or "
                f"{program()} models pull --for card."
            )
            return
        if not click.confirm("Look at what is recommended for this machine's GPU?", default=True):
            return
    from bot.cli.models import pull  # noqa: PLC0415 - only needed here

    click.get_current_context().invoke(pull, names=(), gpu="card", yes=accept)


def _service(wanted: str | None, *, replace: bool | None) -> str:
    """Let something keep the bot running. Returns the command that starts it."""
    by_hand = f"{program()} run"
    if wanted is None:
        if not _somebody_is_here():
            return by_hand
        wanted = str(click.prompt("What shall keep it running?", "none", type=click.Choice(SERVICES)))
    if wanted == "compose":
        from importlib.metadata import version  # noqa: PLC0415 - only needed here

        click.echo("Put this into compose.yaml:\n")
        click.echo(compose(version("framekiln")))
        return "docker compose up -d"
    if wanted == "systemd" and _install_unit(replace=replace):
        return f"systemctl --user start {UNIT_NAME.removesuffix('.service')}"
    return by_hand


def _install_unit(*, replace: bool | None) -> bool:
    """Write the unit and enable it. Returns whether systemd has it now."""
    path = unit_path()
    try:
        text = unit(Path.cwd())
    except ValueError as error:
        _give_up(str(error))
    there = path.read_text("utf-8") if path.exists() else None
    if there not in {None, text} and not _may_replace(str(path), replace):
        return False
    if there != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text)
    problem = enable()
    stands = "stays as it is" if there == text else "is written"
    click.echo(f"{path} {stands}{f', but not enabled: {problem}' if problem else ' and enabled'}.")
    if problem:
        click.echo(f"Where systemd can be reached:  systemctl --user enable --now {UNIT_NAME}")
    click.echo("Let it run without a session of yours:  loginctl enable-linger")
    return not problem


def _look(*, start: str) -> NoReturn:
    """End as the doctor does; ``start`` is the command that starts the bot."""
    from bot.cli.doctor import examine, report  # noqa: PLC0415 - only needed here

    click.echo()
    findings = examine()
    click.echo(report(findings))
    blocked = any(finding.blocks for finding in findings)
    if not blocked:
        click.echo(f"Start it:  {start}")
    sys.exit(1 if blocked else 0)


def _may_replace(what: str, replace: bool | None) -> bool:
    if replace is not None:
        return replace
    if not _somebody_is_here():
        click.echo(f"{what} is something else already, and is kept; --replace replaces it.")
        return False
    return click.confirm(f"{what} is something else already. Replace it?", default=False)


def _somebody_is_here() -> bool:
    return sys.stdin.isatty()


def _needs_somebody(option: str) -> None:
    if not _somebody_is_here():
        _give_up(f"There is no terminal to ask in: give {option}.")


def _give_up(why: str) -> NoReturn:
    raise click.ClickException(why)
