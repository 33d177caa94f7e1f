"""FakeDiscord: one object that serves REST, gateway and CDN on a port of this machine."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import yarl
from aiohttp import web
from discord import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fake_discord.cdn import Cdn
from tests.fake_discord.drive import Members
from tests.fake_discord.faults import Fault, Faults, Rule
from tests.fake_discord.front import PREFIX, Front, Request
from tests.fake_discord.gateway import Gateway
from tests.fake_discord.interactions import Interaction, Interactions
from tests.fake_discord.limits import walk_components
from tests.fake_discord.message import Message
from tests.fake_discord.people import Channel, Member
from tests.fake_discord.rest import Rest
from tests.fake_discord.spec import load, spec_path
from tests.fake_discord.world import World
from tests.until import PATIENCE, until

MORE = "More…"
"""The button of this bot's that shows others."""

TOKEN = "fake.token.canary"


class FakeDiscord:
    """A small, honest Discord over real sockets, for one bot.

    Its parts are public, so that a test can build, look and break:

    Attributes:
        world: Guilds, channels, members, messages, commands; `guild`, `channel`, `member`, … build them.
        gateway: Sessions, heartbeats, presence.
        interactions: `ack_seconds` and `token_seconds`, both settable.
        rest: `nonce_window`, settable.
        front: `requests`, `violations`, `invalid`, `by_route`.
        cdn: `served`.
    """

    def __init__(self, *, token: str = TOKEN) -> None:
        self.token = token
        self.gateway = Gateway(token=token)
        self.world = World(emit=self.gateway.dispatch)
        self.gateway.world = self.world
        self.interactions = Interactions(self.world)
        self.rest = Rest(self.world, self.interactions)
        self._faults = Faults()
        path = spec_path()
        spec = None if path is None else load(path)
        self.front = Front(self.rest, self._faults, token=token, spec=spec)
        self.cdn = Cdn(self.world)
        self.guild = self.world.guild
        self.role = self.world.role
        self.channel = self.world.channel
        self.group_channel = self.world.group_channel
        self.direct_channel = self.world.direct_channel
        self.installs = self.world.installs
        self.member = self.world.member
        self.member_says = self.world.member_says
        self.cut_gateway = self.gateway.cut
        self._members = Members(self.world, self.gateway, self.interactions)
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """http://127.0.0.1:port."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api(self) -> str:
        """What stands in `discord.http.Route.BASE`."""
        return self.url + PREFIX

    @property
    def gateway_url(self) -> str:
        """What stands in `DiscordWebSocket.DEFAULT_GATEWAY`."""
        return f"ws://127.0.0.1:{self._port}/gateway"

    @property
    def requests(self) -> list[Request]:
        """All REST requests, oldest first."""
        return self.front.requests

    @property
    def violations(self) -> list[str]:
        """What the bot sent against Discord's limits or its OpenAPI document."""
        return self.front.violations

    def count(self, method: str, route: str) -> int:
        """How many requests came to this path template."""
        return self.front.by_route[f"{method} {route}"]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        app.add_routes([*self.front.routes(), *self.cdn.routes(), web.get("/gateway", self.gateway.handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self.gateway.cut(code=None)
        await self._runner.cleanup()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.world.base_url = self.url

    @contextmanager
    def point(self) -> Iterator[None]:
        """Clients made and run within this block talk to the fake."""
        base, gateway, assets = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self.api, yarl.URL(self.gateway_url)
        Asset.BASE = self.url
        try:
            yield
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = base, gateway, assets

    def fail(self, method: str, route: str, how: Fault, *, times: int = 1, after: int = 0) -> Rule:
        """Order requests to fail: after `after` that match, the next `times`.

        Args:
            method: GET, POST, … or "*".
            route: A regex, searched in the path after `/api/v10`.
            how: What happens to them.
        """
        return self._faults.add(method, route, how, times=times, after=after)

    async def down(self, *, refused: bool = False) -> None:
        """An outage: everything answers 503, or refuses connections; the gateway is cut."""
        self.front.down = self.gateway.down = True
        if refused and self._site is not None:
            await self._site.stop()
            self._site = None
        await self.gateway.cut(code=None)

    async def up(self) -> None:
        """The outage is over; the port is the same."""
        self.front.down = self.gateway.down = False
        if self._site is None:
            await self._listen()

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = PATIENCE) -> Any:  # noqa: ASYNC109 - a bound
        """Wait until the predicate is true and return its value; TimeoutError where it never is."""
        return await until(predicate, timeout)

    async def connected(self, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109 - a test's bound
        """Wait for a live gateway session: until then, what members do is lost."""
        await self.wait_for(lambda: self.gateway.connected, timeout)

    def posts(self, forum: Channel) -> list[Channel]:
        """The posts of a forum, oldest first."""
        return [one for one in self.world.channels.values() if one.parent is forum]

    def messages(self, channel: Channel) -> list[Message]:
        """What stands in the channel for all to see, oldest first."""
        return sorted(channel.messages.values(), key=lambda one: one.id)

    async def slash(self, member: Member, channel: Channel, name: str, /, **options: Any) -> Interaction:
        """`/name`, with sub-commands in the name: `slash(ada, clips, "queue show", job=3)`."""
        return self._members.slash(member, channel, name, options)

    def offers(self, member: Member, channel: Channel, name: str) -> bool:
        """Whether Discord's client would offer the command to the member there."""
        return self._members.offers(member, channel, name)

    async def context_menu(
        self, member: Member, channel: Channel, name: str, target: Message | Member
    ) -> Interaction:
        """Apps → `name` on a message or a member."""
        return self._members.context_menu(member, channel, name, target)

    async def click(
        self,
        member: Member,
        message: Message,
        which: str,
        *,
        values: Iterable[str] = (),
        forged: bool = False,
    ) -> Interaction:
        """A click on the button with this custom_id or label, or `values` chosen in a select.

        Where it is not there and the message has a button "More…", that is clicked first.
        """
        if not forged and not values:
            message = await self._with_the_button(member, message, which)
        return self._members.click(member, message, which, values=values, forged=forged)

    async def _with_the_button(self, member: Member, message: Message, which: str) -> Message:
        """The message itself, or what its button "More…" shows, if only that has the button."""
        own = {one.get(key) for one in walk_components(message.components) for key in ("custom_id", "label")}
        if which in own or MORE not in own:
            return message
        return await self._members.click(member, message, MORE).shown()

    async def submit_modal(
        self, member: Member, shown: Interaction, values: Mapping[str, Any]
    ) -> Interaction:
        """Fill in the modal that `shown` was answered with; values by custom_id."""
        return self._members.submit_modal(member, shown, values)

    async def autocomplete(
        self, member: Member, channel: Channel, name: str, option: str, typed: Any, /, **others: Any
    ) -> Interaction:
        """Type `typed` into `option`; the answer is in `.choices`."""
        return self._members.autocomplete(member, channel, name, option, typed, others)
