"""What a member does: slash commands, context menus, clicks, modals, typing into autocomplete."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from tests.fake_discord.faults import Upload
from tests.fake_discord.gateway import Gateway
from tests.fake_discord.interactions import Interaction, Interactions, Kind
from tests.fake_discord.kinds import Component, Menu, Option
from tests.fake_discord.limits import walk_components
from tests.fake_discord.message import Attachment, Message
from tests.fake_discord.people import OUTSIDE, Channel, Member, Role
from tests.fake_discord.world import World

Resolved = dict[str, dict[str, Any]]

_TYPES: dict[int, type | tuple[type, ...]] = {
    Option.STRING: str,
    Option.INTEGER: int,
    Option.BOOLEAN: bool,
    Option.NUMBER: (int, float),
}


class Impossible(AssertionError):
    """Discord's own client would not let a member do this."""


class Members:
    """Sends what members do to the bot, checked as Discord's client checks it."""

    def __init__(self, world: World, gateway: Gateway, interactions: Interactions) -> None:
        self._world = world
        self._gateway = gateway
        self._interactions = interactions

    def slash(self, member: Member, channel: Channel, name: str, options: Mapping[str, Any]) -> Interaction:
        """A slash command; `name` may hold sub-commands: "queue show"."""
        command, path, accepted = self._command(member, name)
        resolved: Resolved = {}
        given = self._options(accepted, options, channel, resolved)
        data = self._command_data(command, path, given, resolved)
        return self._send(Kind.COMMAND, member, channel, data)

    def autocomplete(
        self, member: Member, channel: Channel, name: str, option: str, typed: Any, others: Mapping[str, Any]
    ) -> Interaction:
        """The member types into an option that offers completion."""
        command, path, accepted = self._command(member, name)
        spec = next((one for one in accepted if one["name"] == option), None)
        if spec is None or not spec.get("autocomplete"):
            raise Impossible(f"/{name} has no option {option!r} with autocomplete")
        resolved: Resolved = {}
        known = [one for one in accepted if one["name"] in others]
        given = self._options(known, others, channel, resolved)
        given.append({"name": option, "type": spec["type"], "value": typed, "focused": True})
        data = self._command_data(command, path, given, resolved)
        return self._send(Kind.AUTOCOMPLETE, member, channel, data)

    def context_menu(
        self, member: Member, channel: Channel, name: str, target: Message | Member
    ) -> Interaction:
        """Apps → `name` on a message or a member."""
        kind = Menu.MESSAGE if isinstance(target, Message) else Menu.USER
        command = self._find(member, name, kind)
        resolved: Resolved = {}
        if isinstance(target, Message):
            resolved["messages"] = {str(target.id): target.payload()}
        else:
            _resolve_member(target, resolved)
        data = {"id": command["id"], "name": name, "type": kind, "target_id": str(target.id)}
        return self._send(Kind.COMMAND, member, channel, data | {"resolved": resolved})

    def click(
        self,
        member: Member,
        message: Message,
        which: str,
        *,
        values: Iterable[str] = (),
        forged: bool = False,
    ) -> Interaction:
        """A button or select by custom_id or label. `forged` replays an id that is not on the message."""
        found = next(
            (
                one
                for one in walk_components(message.components)
                if which in (one.get("custom_id"), one.get("label"))
            ),
            None,
        )
        if forged:
            found = {"type": 2, "custom_id": which, "id": 1}
        if found is None or found.get("disabled") or "custom_id" not in found:
            raise Impossible(f"{which!r} cannot be clicked on {list(walk_components(message.components))}")
        data: dict[str, Any] = {
            "custom_id": found["custom_id"],
            "component_type": found["type"],
            "id": found["id"],
        }
        if values:
            data["values"] = list(values)
        return self._send(Kind.COMPONENT, member, message.channel, data, source=message)

    def submit_modal(self, member: Member, shown: Interaction, values: Mapping[str, Any]) -> Interaction:
        """Fill in the modal that an interaction was answered with, by custom_id."""
        modal = shown.modal
        if modal is None:
            raise Impossible("no modal was shown")
        resolved: Resolved = {}
        left = dict(values)
        filled = [self._fill(one, left, shown.channel, resolved) for one in modal["components"]]
        if left:
            raise Impossible(f"the modal has no {sorted(left)}")
        data: dict[str, Any] = {"custom_id": modal["custom_id"], "components": filled}
        if resolved:
            data["resolved"] = resolved
        return self._send(Kind.MODAL_SUBMIT, member, shown.channel, data, source=shown.source)

    def _fill(
        self, spec: Mapping[str, Any], values: dict[str, Any], channel: Channel, resolved: Resolved
    ) -> dict[str, Any]:
        kind = spec["type"]
        base = {"type": kind, "id": spec.get("id") or 1}
        if kind == Component.ROW:
            return base | {
                "components": [self._fill(one, values, channel, resolved) for one in spec["components"]]
            }
        if kind == Component.LABEL:
            return base | {"component": self._fill(spec["component"], values, channel, resolved)}
        if kind == Component.TEXT_DISPLAY:
            return base
        name = spec["custom_id"]
        base["custom_id"] = name
        value = values.pop(name, None)
        if (
            value is None
            and spec.get("required", True)
            and not spec.get("value")
            and kind != Component.CHECKBOX
        ):
            raise Impossible(f"{name!r} must be filled in")
        match kind:
            case Component.TEXT_INPUT:
                base["value"] = _text(spec, value)
            case Component.FILE_UPLOAD:
                base["values"] = [str(self._attach(one, channel, resolved).id) for one in value or ()]
            case Component.RADIO | Component.CHECKBOX:
                base["value"] = value
            case _:
                base["values"] = list(value or ())
        return base

    def _find(self, member: Member, name: str, kind: int) -> dict[str, Any]:
        local = self._world.commands.get(member.guild.id, [])
        for one in [*local, *self._world.commands.get(None, [])]:
            if (one["type"], one["name"]) == (kind, name):
                return one
        known = [one["name"] for ones in self._world.commands.values() for one in ones]
        raise Impossible(f"no command {name!r} is registered; there are {known}")

    def _command(
        self, member: Member, name: str
    ) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
        """The command, the sub-commands on the way, and the options at its end."""
        first, *rest = name.split()
        command = self._find(member, first, Menu.CHAT_INPUT)
        accepted, path = command.get("options") or [], []
        for word in rest:
            step = next(
                (one for one in accepted if one["name"] == word and one["type"] <= Option.SUBCOMMAND_GROUP),
                None,
            )
            if step is None:
                raise Impossible(f"/{first} has no sub-command {word!r}")
            path.append(step)
            accepted = step.get("options") or []
        if any(one["type"] <= Option.SUBCOMMAND_GROUP for one in accepted):
            raise Impossible(f"/{name} needs a sub-command")
        return command, path, accepted

    def _command_data(
        self,
        command: Mapping[str, Any],
        path: list[dict[str, Any]],
        options: list[dict[str, Any]],
        resolved: Resolved,
    ) -> dict[str, Any]:
        for step in reversed(path):
            options = [{"name": step["name"], "type": step["type"], "options": options}]
        data = {"id": command["id"], "name": command["name"], "type": Menu.CHAT_INPUT, "options": options}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data | ({"resolved": resolved} if resolved else {})

    def _options(
        self,
        accepted: list[dict[str, Any]],
        options: Mapping[str, Any],
        channel: Channel,
        resolved: Resolved,
    ) -> list[dict[str, Any]]:
        given = {name: value for name, value in options.items() if value is not None}
        unknown = set(given) - {one["name"] for one in accepted}
        missing = {one["name"] for one in accepted if one.get("required")} - set(given)
        if unknown or missing:
            raise Impossible(f"unknown options {sorted(unknown)}, missing options {sorted(missing)}")
        return [
            {
                "name": one["name"],
                "type": one["type"],
                "value": self._value(one, given[one["name"]], channel, resolved),
            }
            for one in accepted
            if one["name"] in given
        ]

    def _value(self, spec: Mapping[str, Any], value: Any, channel: Channel, resolved: Resolved) -> Any:
        if spec["type"] == Option.ATTACHMENT:
            return str(self._attach(value, channel, resolved).id)
        if isinstance(value, Member):
            _resolve_member(value, resolved)
        elif isinstance(value, Channel):
            resolved.setdefault("channels", {})[str(value.id)] = value.payload() | {
                "permissions": str(int(_everyone_in(value)))
            }
        elif isinstance(value, Role):
            resolved.setdefault("roles", {})[str(value.id)] = value.payload()
        if spec["type"] in (Option.USER, Option.CHANNEL, Option.ROLE, Option.MENTIONABLE):
            return str(value.id)
        choices = spec.get("choices")
        if choices:
            # A member picks a choice by its name; what is sent is its value.
            picked = [one["value"] for one in choices if value in (one["name"], one["value"])]
            if not picked:
                raise Impossible(f"{spec['name']}: {value!r} is none of {[one['name'] for one in choices]}")
            return picked[0]
        self._check_range(spec, value)
        return value

    @staticmethod
    def _check_range(spec: Mapping[str, Any], value: Any) -> None:
        if not isinstance(value, _TYPES[spec["type"]]):
            raise Impossible(f"{spec['name']}: {value!r} has the wrong type")
        size = len(value) if isinstance(value, str) else value
        low, high = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
        if not spec.get(low, size) <= size <= spec.get(high, size):
            raise Impossible(f"{spec['name']}: {value!r} is out of its range")

    def _attach(self, upload: Upload, channel: Channel, resolved: Resolved) -> Attachment:
        kept = self._world.keep_upload(upload, channel.id)
        resolved.setdefault("attachments", {})[str(kept.id)] = kept.payload() | {"ephemeral": True}
        return kept

    def offers(self, member: Member, channel: Channel, name: str) -> bool:
        """Whether Discord's client would offer a command: by a server's install, or by one's own."""
        found = [one for ones in self._world.commands.values() for one in ones if one["name"] == name]
        owners = self._owners(member, channel, None)
        return any(
            channel.context in one.get("contexts", [0])
            and any(str(kind) in owners for kind in one.get("integration_types", [0]))
            for one in found
        )

    def _owners(self, member: Member, channel: Channel, source: Message | None) -> dict[str, str]:
        """Through whose installs of the bot something comes. A click comes through those of its message."""
        if source is not None and source.metadata is not None:
            return dict(source.metadata["authorizing_integration_owners"])
        owners = {}
        if channel.direct and self._world.shares_a_guild(member.id):
            owners["0"] = "0"
        elif channel.has_bot and not channel.direct:
            owners["0"] = str(channel.guild.id)
        if member.id in self._world.installed or not channel.has_bot:
            owners["1"] = str(member.id)
        return owners

    def _send(
        self,
        kind: Kind,
        member: Member,
        channel: Channel,
        data: dict[str, Any],
        *,
        source: Message | None = None,
    ) -> Interaction:
        guild = channel.guild
        token = secrets.token_urlsafe(48)
        number = self._world.ids.next()
        payload: dict[str, Any] = {
            "id": str(number),
            "application_id": str(self._world.application_id),
            "type": int(kind),
            "data": data,
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "channel_id": str(channel.id),
            "channel": channel.payload() | {"permissions": str(int(member.permissions))},
            "member": member.payload()
            | {"user": member.user.payload(), "permissions": str(int(member.permissions))},
            "token": token,
            "version": 1,
            "app_permissions": str(
                int(channel.bot_permissions if channel.has_bot and not channel.direct else OUTSIDE)
            ),
            "locale": member.locale,
            "guild_locale": guild.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": self._owners(member, channel, source),
            "context": channel.context,
            "attachment_size_limit": guild.claimed_upload_limit or guild.upload_limit,
        }
        if source is not None:
            payload["message"] = source.payload()
        if channel.direct or channel.group:
            for name in ("guild", "guild_id", "guild_locale", "member"):
                del payload[name]
            payload |= {"user": member.user.payload(), "channel": channel.private_payload()}
        interaction = Interaction(
            id=number,
            token=token,
            type=kind,
            member=member,
            channel=channel,
            payload=payload,
            source=source,
        )
        self._interactions.all.append(interaction)
        interaction.lost = not self._gateway.dispatch("INTERACTION_CREATE", payload)
        return interaction


def _text(spec: Mapping[str, Any], value: str | None) -> str:
    """What stands in a text field: what was typed, else its default."""
    text = (spec.get("value") or "") if value is None else value
    if text and not spec.get("min_length", 0) <= len(text) <= spec.get("max_length", 4000):
        raise Impossible(f"{spec['custom_id']!r}: {len(text)} characters")
    return text


def _everyone_in(channel: Channel) -> int:
    """What @everyone may do in the channel."""
    return int(channel.guild.roles[channel.guild.id].permissions)


def _resolve_member(member: Member, resolved: Resolved) -> None:
    resolved.setdefault("users", {})[str(member.id)] = member.user.payload()
    said = member.payload() | {"permissions": str(int(member.permissions))}
    resolved.setdefault("members", {})[str(member.id)] = said
