"""Every setting, with its default and its meaning. The table in docs/settings.md is made from it.

A setting comes from the environment, from ``.env``, or from ``framekiln.toml`` (first found wins). In the
environment its name is ``FRAMEKILN_`` and the field's name in capitals; the two of Discord keep the names
that everybody uses, ``DISCORD_TOKEN`` and ``DISCORD_GUILD_ID``. Both files may begin with a byte order mark.

Each default stands once. What the engine, which is also a library, has a default for is read from there;
every other default stands here, and the policies that are made from settings have none.
"""

from __future__ import annotations

import codecs
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.config.broker import Brokering
from bot.config.choices import DirectMessages, Language, LogFormat, Where
from bot.config.comfyui import ComfyUISettings
from bot.config.drafts import Choosing
from bot.config.elsewhere import Elsewhere
from bot.config.gpu_release import Leaving
from bot.config.hosted_services import Hosting
from bot.config.limits import Crowding
from bot.config.owner_news import OwnerNews
from bot.config.plain_values import PlainValues, is_secret
from bot.config.recovery import Endurance
from bot.config.rendering import Drawing
from bot.config.retention import Keeping
from bot.config.secrets import HIDDEN, bare_token, hide_token_like
from bot.config.vision import Looking
from bot.config.web import Serving
from bot.config.webhooks import Announcing
from bot.config.words.prompt_helping import PromptHelping
from bot.config.worker_machine import Helping
from bot.config.workers import Working
from engine.core.receipt import FEWEST_KEPT
from engine.planning.plan import PlanLimits
from engine.planning.upscaling import UpscaleLimits
from engine.process.watch import HostLimits
from engine.rendering.limits import RenderLimits
from engine.untrusted.clip_headers import ClipLimits
from engine.untrusted.headers import PictureLimits
from engine.untrusted.sound_headers import SoundLimits

PREFIX = "FRAMEKILN_"
TOML = Path("framekiln.toml")
ENV_FILE = Path(".env")
ENVIRONMENT = "the environment"
COMMAND_LINE = "the command line"
MEGABYTE = 1_000_000


class BadSettings(Exception):
    """A setting is wrong; the text is one line that names it and says what would be right.

    Attributes:
        places: where the wrong values were found, such as ``.env``; each once.
    """

    def __init__(self, text: str, *places: str) -> None:
        super().__init__(text)
        self.places = tuple(dict.fromkeys(places))


class _Toml(TomlConfigSettingsSource):
    """The TOML file, in whatever encoding its byte order mark names."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return _read_toml(file_path)


class Settings(
    Announcing,
    Brokering,
    Choosing,
    ComfyUISettings,
    Crowding,
    Drawing,
    Elsewhere,
    Endurance,
    Helping,
    Hosting,
    Keeping,
    Leaving,
    Looking,
    OwnerNews,
    PromptHelping,
    Serving,
    Working,
    PlainValues,
):
    """What an owner can choose. Checked at the start; a wrong value ends it with one clear line."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        toml_file=TOML,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    discord_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DISCORD_TOKEN", "discord_token"),
        description="The bot's token, from the Discord developer portal.",
    )
    discord_guild_id: int | None = Field(
        None,
        validation_alias=AliasChoices("DISCORD_GUILD_ID", "discord_guild_id"),
        description="Register the commands in this one server only, at once. Unset: in every server.",
    )
    data_dir: Path = Field(Path("data"), description="Folder for the queue, pictures and clips.")
    models_dir: Path = Field(Path("models"), description="Folder for weights, checkpoints and style LoRAs.")
    device: Where = Field(
        Where.AUTO, description="Where models run: auto, cuda, mps, or cpu (very slow, for testing)."
    )
    engine: str = Field("auto", description="auto, or the name of the only engine to use (camera, svd, …).")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: LogFormat = Field(LogFormat.TEXT, description="text for people, json for programs.")
    moderator_roles: Annotated[tuple[int, ...], NoDecode] = Field(
        (),
        description="Ids of roles that can use /queue, besides members with Manage Server. Comma-separated.",
    )

    language: Language = Field(
        Language.AUTO,
        description="[Language](languages.md) of what the bot says: auto is each member's or server's own. "
        "Or one for everything, like en, de or pt-BR.",
    )
    word_languages: Annotated[tuple[str, ...], NoDecode] = Field(
        ("en",), description="Languages of the base word list, like en, de or pt_br. Comma-separated."
    )

    per_member_waiting: int = Field(3, ge=1, description="Most jobs a member can have waiting.")
    per_member_hour: int = Field(20, ge=1, description="Most jobs a member can ask for in an hour.")
    per_member_day: float = Field(
        86_400.0, ge=0, description="Most GPU-seconds for a member's clips in 24 hours."
    )
    most_member_waiting: int = Field(20, ge=0, description="Most waiting jobs that /queue limit can allow.")
    most_member_hour: int = Field(100, ge=0, description="Most jobs in an hour that /queue limit can allow.")
    most_member_day: float = Field(
        86_400.0, ge=0, description="Most GPU-seconds that /queue limit can allow."
    )
    per_guild_waiting: int = Field(
        50, ge=1, description="Most jobs a server can have waiting, for each engine."
    )
    total_waiting: int = Field(500, ge=1, description="Most jobs that can wait in total, for each engine.")
    min_free_disk: int = Field(
        500 * MEGABYTE, ge=0, description="Free disk space in bytes that is needed to accept a job."
    )

    max_takes: int = Field(
        RenderLimits.max_takes, ge=1, le=20, description="Most takes per clip; then the best one is kept."
    )
    max_wasted_seconds: int = Field(
        RenderLimits.max_wasted_seconds,
        ge=1,
        description="Most seconds spent on discarded takes of one clip; then the best take is kept.",
    )
    calibrate_clips: int = Field(
        FEWEST_KEPT, ge=10, description="Kept clips that `framekiln calibrate` needs from an engine."
    )
    max_seconds: float = Field(PlanLimits.max_seconds, ge=1, le=60, description="Longest clip in seconds.")
    max_extended_seconds: float = Field(
        16.0, ge=1, le=120, description="Longest clip in seconds that Extend or Loop can make."
    )
    max_side: int = Field(
        PlanLimits.max_side,
        ge=64,
        le=1920,
        description="Longest side of a clip in pixels; less is easier on the GPU.",
    )
    max_upscaled_side: int = Field(
        UpscaleLimits.side,
        ge=128,
        le=3840,
        description="Longest side of an upscaled clip in pixels; a clip is doubled at most.",
    )
    max_upscaled_frames: int = Field(
        UpscaleLimits.frames,
        ge=8,
        le=3600,
        description="Most frames of a clip to upscale; 300 of 1920×1080 pixels take 1.9 GB of memory.",
    )
    max_fps: float = Field(
        PlanLimits.max_fps, ge=8, le=60, description="Most frames per second a member can ask for."
    )
    fps: float = Field(
        PlanLimits.fps,
        ge=8,
        le=60,
        description="Frames per second of a finished clip if the member doesn't choose.",
    )
    max_clip_bytes: int = Field(
        RenderLimits.max_bytes,
        ge=100_000,
        description="Largest clip to post, in bytes. The server's own upload limit still applies.",
    )

    max_picture_bytes: int = Field(PictureLimits.max_bytes, ge=1024, description="Largest picture in bytes.")
    max_picture_pixels: int = Field(
        PictureLimits.max_pixels, ge=4096, description="Largest picture in pixels."
    )
    min_picture_side: int = Field(
        PictureLimits.min_side, ge=16, description="Smallest side of a picture in pixels."
    )
    max_picture_side: int = Field(
        PictureLimits.max_side, ge=256, description="Longest side of a picture in pixels."
    )
    max_picture_aspect: float = Field(
        PictureLimits.max_aspect,
        ge=1,
        description="Most that the long side of a picture can be, as a multiple of the short one.",
    )
    decode_seconds: float = Field(10.0, gt=0, description="Most seconds for reading a picture.")
    decode_memory: int = Field(
        PictureLimits.decode_memory,
        ge=2**27,
        description="Most memory in bytes for reading a picture or a clip.",
    )
    download_seconds: float = Field(
        20.0, gt=0, description="Most seconds for downloading a picture or a clip."
    )
    decoders: int = Field(2, ge=1, description="Pictures read at the same time.")
    max_video_bytes: int = Field(
        ClipLimits.max_bytes, ge=1024, description="Largest clip a member can send, in bytes."
    )
    max_video_pixels: int = Field(
        ClipLimits.max_pixels, ge=4096, description="Largest frame of a clip a member can send, in pixels."
    )
    max_video_side: int = Field(
        ClipLimits.max_side, ge=256, description="Longest side of a clip a member can send, in pixels."
    )
    max_video_seconds: float = Field(
        ClipLimits.max_seconds,
        ge=1,
        description="Longest clip a member can send, in seconds; the first ones are used.",
    )
    video_decode_seconds: float = Field(30.0, gt=0, description="Most seconds for reading a clip.")
    max_sound_bytes: int = Field(SoundLimits.max_bytes, ge=1024, description="Largest sound file in bytes.")
    max_sound_seconds: float = Field(SoundLimits.max_seconds, ge=1, description="Longest sound in seconds.")
    sound_decode_seconds: float = Field(20.0, gt=0, description="Most seconds for reading a sound file.")
    max_prompt: int = Field(400, ge=20, le=1000, description="Longest prompt in characters.")

    heartbeat_silence: float = Field(
        HostLimits.heartbeat_silence,
        ge=2,
        description="Seconds without a sign of life before the engine is restarted.",
    )
    step_silence: float = Field(
        HostLimits.step_silence, ge=5, description="Seconds without progress before the engine is restarted."
    )
    max_job_seconds: float = Field(HostLimits.job, ge=10, description="Most seconds one job can run.")
    stop_grace: float = Field(
        5.0, ge=0, description="Seconds a running job gets to finish when the bot is told to stop."
    )

    status_interval: float = Field(
        4.0, ge=1, description="Fewest seconds between two edits of a status message."
    )
    post_backoff_last: float = Field(
        60.0, ge=1, description="Most seconds between two attempts to post a clip."
    )
    give_up_hours: float = Field(
        48.0, gt=0, description="Hours before giving up on a clip that cannot be posted."
    )
    nudity_score: float = Field(
        0.8, ge=0, le=1, description="Score from which opennsfw, if installed, flags a picture or clip."
    )

    backups: int = Field(7, ge=0, description="Daily backups of the database to keep.")

    @field_validator("moderator_roles", "word_languages", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        return value if not isinstance(value, str) else list(filter(None, value.replace(" ", "").split(",")))

    @field_validator("fps", mode="after")
    @classmethod
    def _fps_allowed(cls, value: float, info: ValidationInfo) -> float:
        most = info.data.get("max_fps")
        if most is not None and value > most:
            raise ValueError(f"must be at most {most:g}, the limit set by {variable('max_fps')}")
        return value

    @field_validator("discord_guild_id", mode="after")
    @classmethod
    def _not_with_direct_messages(cls, value: int | None, info: ValidationInfo) -> int | None:
        """Discord offers the commands of one server in that server only."""
        if (
            value is not None
            and info.data.get("direct_messages", DirectMessages.OFF) is not DirectMessages.OFF
        ):
            raise ValueError(f"must be unset where {variable('direct_messages')} is not off")
        return value

    @field_validator("log_level", mode="after")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("engine", mode="after")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        from engine.families import FAMILIES  # noqa: PLC0415 - numpy is not needed to print --help

        engines = [name for name, spec in FAMILIES.items() if spec.draws]
        if value not in {"auto", *engines} and "/" not in value:  # what the owner adds is known later
            raise ValueError(f"must be auto or one of {', '.join(engines)}")
        return value

    @field_validator("word_languages", mode="after")
    @classmethod
    def _known_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        from bot.config.words.word_languages import languages  # noqa: PLC0415 - the list takes a tenth of a second

        if (known := languages()) is not None and not known.issuperset(value):
            raise ValueError(f"must be from this list: {', '.join(sorted(known))}")
        return value

    @field_validator("discord_token", mode="after")
    @classmethod
    def _without_blanks(cls, value: SecretStr | None) -> SecretStr | None:
        """What a copied line brings along is no part of the token, and would keep it from being hidden."""
        token = "" if value is None else bare_token(value.get_secret_value())
        return SecretStr(token) if token else None

    def secrets(self) -> list[SecretStr]:
        """Every value that must never be shown."""
        helper = (self.prompt_helper_key,)
        alone = (self.discord_token, self.comfyui_login, self.webhook_url, *self.webhook_secret, *helper)
        return [each for each in alone if each is not None] + self.hosting_secrets()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then ``.env``, then the TOML."""
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings, _Toml(settings_cls)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Args:
        overrides: values that win over every other source; what the command line was given.

    Raises:
        BadSettings: one of them is wrong; the text names it.
    """
    from_toml = given_in(TOML)
    try:
        return Settings(**{"_env_file_encoding": encoding_of(ENV_FILE), **overrides})
    except ValidationError as error:
        wrong = [(problem, _source_of(problem, from_toml, overrides)) for problem in error.errors()]
        lines = [f"{_explain(problem)} (set in {place})" for problem, place in wrong]
        raise BadSettings("; ".join(lines), *(place for _, place in wrong)) from error
    except (OSError, UnicodeError) as error:
        raise BadSettings(f"{ENV_FILE} cannot be read: {error}", str(ENV_FILE)) from error


def unknown_variables() -> list[str]:
    """Names in the environment and in ``.env`` that look like ours and are not: most likely typing errors."""
    known = {variable(name) for name in Settings.model_fields}
    given = {name.upper() for name in (*os.environ, *given_in_dotenv())}
    return sorted(hide_token_like(name) for name in given if name.startswith(PREFIX) and name not in known)


def variable(field: str) -> str:
    """The name of a setting in the environment."""
    name = field.upper()
    return name if name.startswith("DISCORD_") else PREFIX + name


def encoding_of(path: Path) -> str:
    """What a text file's byte order mark says: Windows writes one, and PowerShell's ``>`` means UTF-16."""
    if not path.is_file():
        return "utf-8"
    with path.open("rb") as file:
        head = file.read(len(codecs.BOM_UTF8))
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding_of(path)))


def given_in(path: Path) -> dict[str, Any]:
    """What a TOML file says; nothing where there is none.

    Raises:
        BadSettings: it cannot be read, or has settings that do not exist.
    """
    if not path.is_file():
        return {}
    try:
        given = _read_toml(path)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path} cannot be read: {error}", str(path)) from error
    if unknown := sorted(set(given) - set(Settings.model_fields)):
        names = hide_token_like(", ".join(unknown))
        raise BadSettings(f"{path} has settings that do not exist: {names}", str(path))
    return given


def given_in_dotenv() -> dict[str, str | None]:
    """What ``.env`` says; nothing where there is none."""
    return dotenv_values(ENV_FILE, encoding=encoding_of(ENV_FILE))


def _field_of(problem: Any) -> str:
    """The setting that a problem is about. Pydantic gives the alias that had the value, or the field."""
    return str(problem["loc"][0]).lower() if problem["loc"] else ""


def _source_of(problem: Any, from_toml: dict[str, Any], overrides: dict[str, Any]) -> str:
    """Where a wrong value comes from: the first place, in their order, that has it."""
    field = _field_of(problem)
    name = variable(field)
    if field in overrides:
        return COMMAND_LINE
    if any(given.upper() == name and value for given, value in os.environ.items()):
        return ENVIRONMENT
    if any(given.upper() == name and value for given, value in given_in_dotenv().items()):
        return str(ENV_FILE)
    return str(TOML) if field in from_toml else ENVIRONMENT


def _explain(problem: Any) -> str:
    field = _field_of(problem) or "settings"
    given = f", not {hide_token_like(repr(problem['input']))}"
    if is_secret(Settings.model_fields, field) or HIDDEN in given:
        given = ""
    what = str(problem["msg"]).removeprefix("Value error, ")
    return f"{variable(field)}: {what[0].lower()}{what[1:]}{given}"
