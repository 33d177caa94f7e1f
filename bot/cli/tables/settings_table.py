"""The table of all settings as Markdown: ``framekiln settings`` prints it, docs/settings.md holds it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from bot.config.settings import ENV_FILE, TOML, Settings, variable

PAGE = f"""\
# Settings

Settings come from the environment, from `{ENV_FILE}` or from `{TOML}`; the first of them that has it wins.
In the TOML file, names are in lower case and without `FRAMEKILN_`, like `data_dir = "data"`.
If a value is wrong, the bot does not start and prints one line that names the setting.
`framekiln settings` prints this table; `python -m bot.cli.tables.settings_table` prints this page.

If the machine reaches the internet through a proxy, set `HTTPS_PROXY`, such as `http://proxy.example:3128`.
The bot uses it for Discord's API, for its gateway and for members' files; `framekiln models` uses it for
downloads. Hosts in `NO_PROXY` are reached without it. For the gateway, what counts is whether `discord.com`
is in `NO_PROXY`. SOCKS proxies are not supported.

"""


def table() -> str:
    """One row for each setting: its name in the environment, its default, its meaning."""
    return "\n".join(_rows())


def page() -> str:
    """The text of docs/settings.md."""
    return PAGE + table() + "\n"


def _rows() -> Iterator[str]:
    yield "| Setting | Default | Meaning |"
    yield "|---|---|---|"
    own = Settings.__annotations__
    for name, field in sorted(Settings.model_fields.items(), key=lambda one: one[0] not in own):
        yield f"| `{variable(name)}` | {_shown(field.default)} | {field.description} |"


def _shown(default: Any) -> str:
    """A default as it would be written in ``.env``."""
    if default is None or default == ():
        return "unset"
    if isinstance(default, Enum):
        return f"`{default.value}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, int):
        return f"`{default:_}`"
    if isinstance(default, tuple):
        return f"`{','.join(map(str, default))}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - printing the page is what the module is run for
