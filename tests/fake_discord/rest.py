"""The fake's REST routes, under the paths that Discord's OpenAPI document uses."""

import time
from collections.abc import Callable
from typing import Any

from tests.fake_discord.bodies import Body, check_may_post, check_may_view, compose
from tests.fake_discord.errors import Reason, Refusal
from tests.fake_discord.interactions import Interactions
from tests.fake_discord.limits import command_faults, command_set_faults
from tests.fake_discord.message import EPHEMERAL, Message
from tests.fake_discord.people import Channel, Permission, User
from tests.fake_discord.world import World

Params = dict[str, str]
Handler = Callable[[Params, Body, Params], Any]

# These are reached by what the path holds, not by the bot's token.
WITHOUT_AUTHORIZATION = ("/interactions/", "/webhooks/")


class Rest:
    """The routes. Each handler takes path parameters, body and query; it returns JSON or None (204).

    Attributes:
        nonce_window: Seconds for which a nonce with `enforce_nonce` gives the old message back.
    """

    def __init__(self, world: World, interactions: Interactions) -> None:
        self.world = world
        self.interactions = interactions
        self.nonce_window = 300.0

    def routes(self) -> list[tuple[str, str, Handler]]:
        """(method, path template, handler)."""
        channel = "/channels/{channel_id}"
        message = channel + "/messages/{message_id}"
        commands = "/applications/{application_id}/commands"
        local = "/applications/{application_id}/guilds/{guild_id}/commands"
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        return [
            ("GET", "/users/@me", self._me),
            ("POST", "/users/@me/channels", self._open_direct),
            ("GET", "/users/{user_id}", self._user),
            ("GET", "/applications/@me", self._application),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway", self._gateway),
            ("GET", "/gateway/bot", self._gateway),
            ("GET", commands, self._commands),
            ("PUT", commands, self._set_commands),
            ("POST", commands, self._add_command),
            ("GET", local, self._commands),
            ("PUT", local, self._set_commands),
            ("POST", local, self._add_command),
            ("DELETE", commands + "/{command_id}", self._drop_command),
            ("DELETE", local + "/{command_id}", self._drop_command),
            ("GET", "/guilds/{guild_id}", self._guild),
            ("GET", "/guilds/{guild_id}/members/{user_id}", self._member),
            ("GET", "/guilds/{guild_id}/threads/active", self._active_posts),
            ("POST", channel + "/threads", self._open_post),
            ("GET", channel, self._get_channel),
            ("POST", channel + "/typing", self._typing),
            ("GET", channel + "/messages", self._list),
            ("POST", channel + "/messages", self._post),
            ("GET", message, self._get),
            ("PATCH", message, self._edit),
            ("DELETE", message, self._delete),
            ("POST", "/interactions/{interaction_id}/{interaction_token}/callback", self._callback),
            ("POST", hook, self._follow_up),
            ("GET", hook + "/messages/{message_id}", self._hook_get),
            ("PATCH", hook + "/messages/{message_id}", self._hook_edit),
            ("DELETE", hook + "/messages/{message_id}", self._hook_delete),
            ("GET", hook + "/messages/@original", self._hook_get),
            ("PATCH", hook + "/messages/@original", self._hook_edit),
            ("DELETE", hook + "/messages/@original", self._hook_delete),
        ]

    def _me(self, params: Params, body: Body, query: Params) -> Any:
        return self.world.bot.payload()

    def _user(self, params: Params, body: Body, query: Params) -> Any:
        user = self.world.users.get(int(params["user_id"]))
        if user is None:
            raise Refusal(Reason.UNKNOWN_USER)
        return user.payload()

    def _open_direct(self, params: Params, body: Body, query: Params) -> Any:
        user = self.world.users.get(int(body.json["recipient_id"]))
        if user is None:
            raise Refusal(Reason.UNKNOWN_USER)
        channel = self.world.direct_channel(user)
        recipients = [user.payload()]
        return {
            "id": str(channel.id),
            "type": 1,
            "recipients": recipients,
            "last_message_id": None,
            "flags": 0,
        }

    def _application(self, params: Params, body: Body, query: Params) -> Any:
        return {
            "id": str(self.world.application_id),
            "name": self.world.bot.name,
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.world.owner.payload(),
            "team": None,
            "verify_key": "0" * 64,
            "flags": 0,
            "bot": self.world.bot.payload(),
            "approximate_guild_count": len(self.world.guilds),
            "interactions_endpoint_url": None,
        }

    def _gateway(self, params: Params, body: Body, query: Params) -> Any:
        start = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        url = self.world.base_url.replace("http", "ws", 1) + "/gateway"
        return {"url": url, "shards": 1, "session_start_limit": start}

    def _commands(self, params: Params, body: Body, query: Params) -> Any:
        return self.world.commands.get(self._scope(params), [])

    def _set_commands(self, params: Params, body: Body, query: Params) -> Any:
        faults = command_set_faults(body.json)
        if faults:
            raise Refusal(Reason.INVALID_FORM, *faults)
        scope = self._scope(params)
        self.world.commands[scope] = [self._registered(one, scope) for one in body.json]
        self.world.command_syncs += 1
        return self.world.commands[scope]

    def _add_command(self, params: Params, body: Body, query: Params) -> Any:
        faults = command_faults(body.json)
        if faults:
            raise Refusal(Reason.INVALID_FORM, *faults)
        scope = self._scope(params)
        made = self._registered(body.json, scope)
        others = self.world.commands.get(scope, [])
        same = (made["type"], made["name"])
        self.world.commands[scope] = [one for one in others if (one["type"], one["name"]) != same] + [made]
        self.world.command_syncs += 1
        return made

    def _drop_command(self, params: Params, body: Body, query: Params) -> Any:
        scope = self._scope(params)
        old = self.world.commands.get(scope, [])
        left = [one for one in old if one["id"] != params["command_id"]]
        if len(left) == len(old):
            raise Refusal(Reason.UNKNOWN_COMMAND)
        self.world.commands[scope] = left

    def _registered(self, command: dict[str, Any], scope: int | None) -> dict[str, Any]:
        """The command as Discord keeps it; one that was there under this name keeps its id."""
        kind = command.get("type") or 1
        old = next(
            (
                one
                for one in self.world.commands.get(scope, [])
                if (one["type"], one["name"]) == (kind, command["name"])
            ),
            None,
        )
        permissions = command.get("default_member_permissions")
        made = command | {
            "id": old["id"] if old else str(self.world.ids.next()),
            "application_id": str(self.world.application_id),
            "version": str(self.world.ids.next()),
            "type": kind,
            "description": command.get("description") or "",
            "default_member_permissions": None if permissions is None else str(permissions),
        }
        return made if scope is None else made | {"guild_id": str(scope)}

    def _scope(self, params: Params) -> int | None:
        if int(params["application_id"]) != self.world.application_id:
            raise Refusal(Reason.MISSING_ACCESS)
        if "guild_id" not in params:
            return None
        if int(params["guild_id"]) not in self.world.guilds:
            raise Refusal(Reason.MISSING_ACCESS)
        return int(params["guild_id"])

    def _guild(self, params: Params, body: Body, query: Params) -> Any:
        guild = self.world.guilds.get(int(params["guild_id"]))
        if guild is None:
            raise Refusal(Reason.UNKNOWN_GUILD)
        return guild.payload(guild.members[self.world.bot.id])

    def _member(self, params: Params, body: Body, query: Params) -> Any:
        guild = self.world.guilds.get(int(params["guild_id"]))
        if guild is None:
            raise Refusal(Reason.UNKNOWN_GUILD)
        member = guild.members.get(int(params["user_id"]))
        if member is None:
            raise Refusal(Reason.UNKNOWN_MEMBER)
        return member.payload() | {"user": member.user.payload()}

    def _get_channel(self, params: Params, body: Body, query: Params) -> Any:
        return self._channel(params).payload()

    def _typing(self, params: Params, body: Body, query: Params) -> Any:
        channel = self._channel(params)
        check_may_post(channel, {}, {})
        channel.typed += 1

    def _list(self, params: Params, body: Body, query: Params) -> Any:
        channel = self._channel(params)
        if Permission.READ_MESSAGE_HISTORY not in channel.bot_permissions:
            return []
        limit = int(query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise Refusal(Reason.INVALID_FORM, "limit must be between 1 and 100")
        newest = sorted(channel.messages.values(), key=lambda one: one.id, reverse=True)
        if "around" in query:
            pivot, half = int(query["around"]), max(1, limit // 2)
            newer = [one for one in newest if one.id > pivot][-half:]
            older = [one for one in newest if one.id < pivot][:half]
            found = [*newer, *(one for one in newest if one.id == pivot), *older]
        elif "after" in query:
            # The `limit` messages that follow it, still shown newest first.
            found = [one for one in newest if one.id > int(query["after"])][-limit:]
        else:
            before = int(query.get("before", 1 << 63))
            found = [one for one in newest if one.id < before][:limit]
        return [self.world.shown_to_bot(one) for one in found]

    def _post(self, params: Params, body: Body, query: Params) -> Any:
        channel = self._channel(params)
        if channel.tags is not None:
            raise Refusal(Reason.NO_MESSAGES_IN_FORUM)
        check_may_post(channel, body.json, body.files)
        if channel.direct:
            self._check_reaches(channel)
        nonce = body.json.get("nonce")
        if nonce is not None and body.json.get("enforce_nonce"):
            doubled = self._by_nonce(channel, str(nonce))
            if doubled is not None:
                return self.world.shown_to_bot(doubled)
        reference = body.json.get("message_reference")
        message = Message(
            id=self.world.ids.next(),
            channel=channel,
            author=self.world.bot,
            history=[compose(self.world, channel, body.json, body.files)],
            type=19 if reference else 0,
            nonce=None if nonce is None else str(nonce),
            reference=reference,
        )
        if message.ephemeral:
            raise Refusal(Reason.INVALID_FORM, f"flag {EPHEMERAL} is for interactions")
        return self.world.shown_to_bot(self.world.post(message))

    def _check_reaches(self, channel: Channel) -> None:
        """The bot may write to those who share a server with it, and to those who have installed it."""
        user = next(user for user, one in self.world.direct.items() if one is channel)
        if not self.world.shares_a_guild(user) and user not in self.world.installed:
            raise Refusal(Reason.NO_MUTUAL_GUILD)

    def _open_post(self, params: Params, body: Body, query: Params) -> Any:
        """A post in a forum; its first message has its id."""
        forum = self._channel(params)
        if forum.tags is None:
            raise Refusal(Reason.INVALID_FORM, "only posts in forums are known here")
        said, put = body.json["message"], [int(tag) for tag in body.json.get("applied_tags") or ()]
        check_may_post(forum, said, body.files)
        if not 1 <= len(body.json["name"]) <= 100:
            raise Refusal(Reason.INVALID_FORM, "the title of a post has 1 to 100 characters")
        if any(not 1 <= tag <= len(forum.tags) for tag in put):
            raise Refusal(Reason.INVALID_FORM, f"unknown tags: {put}")
        if forum.wants_tag and not put:
            raise Refusal(Reason.POST_NEEDS_TAG)
        post = self.world.open_post(forum, body.json["name"], tuple(put))
        version = compose(self.world, post, said, body.files)
        message = Message(id=post.id, channel=post, author=self.world.bot, history=[version])
        return post.payload() | {"message": self.world.shown_to_bot(self.world.post(message))}

    def _active_posts(self, params: Params, body: Body, query: Params) -> Any:
        posts = [one for one in self.world.channels.values() if one.parent is not None]
        here = [one for one in posts if one.guild.id == int(params["guild_id"])]
        return {"threads": [one.payload() for one in here], "members": []}

    def _by_nonce(self, channel: Channel, nonce: str) -> Message | None:
        since = time.time() - self.nonce_window
        for one in channel.messages.values():
            if one.nonce == nonce and one.author is self.world.bot and one.history[0].at > since:
                return one
        return None

    def _get(self, params: Params, body: Body, query: Params) -> Any:
        message = self._message(params)
        if Permission.READ_MESSAGE_HISTORY not in message.channel.bot_permissions:
            raise Refusal(Reason.MISSING_PERMISSIONS)
        return self.world.shown_to_bot(message)

    def _edit(self, params: Params, body: Body, query: Params) -> Any:
        message = self._message(params)
        if message.author is not self.world.bot:
            raise Refusal(Reason.NOT_YOUR_MESSAGE)
        if body.files and Permission.ATTACH_FILES not in message.channel.bot_permissions:
            raise Refusal(Reason.MISSING_PERMISSIONS)
        version = compose(self.world, message.channel, body.json, body.files, before=message.now)
        self.world.revise(message, version)
        return self.world.shown_to_bot(message)

    def _delete(self, params: Params, body: Body, query: Params) -> Any:
        message = self._message(params)
        theirs: User = message.author
        if theirs is not self.world.bot and (
            Permission.MANAGE_MESSAGES not in message.channel.bot_permissions
        ):
            raise Refusal(Reason.MISSING_PERMISSIONS)
        self.world.remove(message)

    def _callback(self, params: Params, body: Body, query: Params) -> Any:
        answer = self.interactions.answer(int(params["interaction_id"]), params["interaction_token"], body)
        return answer if query.get("with_response") in ("1", "true") else None

    def _follow_up(self, params: Params, body: Body, query: Params) -> Any:
        return self.interactions.follow_up(self._token(params), body).payload()

    def _hook_get(self, params: Params, body: Body, query: Params) -> Any:
        return self.interactions.message(self._token(params), self._which(params)).payload()

    def _hook_edit(self, params: Params, body: Body, query: Params) -> Any:
        return self.interactions.edit(self._token(params), self._which(params), body).payload()

    def _hook_delete(self, params: Params, body: Body, query: Params) -> Any:
        self.interactions.delete(self._token(params), self._which(params))

    def _token(self, params: Params) -> str:
        if int(params["webhook_id"]) != self.world.application_id:
            raise Refusal(Reason.UNKNOWN_WEBHOOK)
        return params["webhook_token"]

    @staticmethod
    def _which(params: Params) -> str:
        return params.get("message_id", "@original")

    def _channel(self, params: Params) -> Channel:
        channel = self.world.channels.get(int(params["channel_id"]))
        if channel is None:
            raise Refusal(Reason.UNKNOWN_CHANNEL)
        check_may_view(channel)
        return channel

    def _message(self, params: Params) -> Message:
        message = self._channel(params).messages.get(int(params["message_id"]))
        if message is None:
            raise Refusal(Reason.UNKNOWN_MESSAGE)
        return message
