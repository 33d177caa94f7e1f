"""Messages reach no private address, however it is written."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp.resolver import DefaultResolver
from yarl import URL

from bot.webhooks.policy import WebhookPolicy
from bot.webhooks.sender import session
from engine.elsewhere.addresses import NotPublic, PublicResolver, check_literal, is_public

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104 - refused, not listened on
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_this_machine_or_its_network_reaches_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_the_rest_is(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "10.1.2.3"])
def test_an_address_in_numbers_is_checked_before_anything_is_sent(host):
    with pytest.raises(NotPublic):
        check_literal(URL(f"http://{host}:80/x"))
    check_literal(URL("http://example.org/"))


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"])
async def test_a_name_that_leads_to_this_machine_is_refused(host):
    resolver = PublicResolver()
    try:
        with pytest.raises(OSError):
            await resolver.resolve(host, 80)
    finally:
        await resolver.close()


async def test_the_connection_is_made_to_the_address_that_was_checked(monkeypatch, unused_tcp_port):
    """DNS that changes its answer between the check and the connection gains nothing."""
    answers = iter(["1.1.1.1", "127.0.0.1"])

    async def lookup(self, host, port=0, family=0):
        return [{"hostname": host, "host": next(answers), "port": port, "family": 2, "proto": 6, "flags": 0}]

    monkeypatch.setattr(DefaultResolver, "resolve", lookup)
    resolver = PublicResolver()
    assert [each["host"] for each in await resolver.resolve("rebinds.example", 80)] == ["1.1.1.1"]
    policy = WebhookPolicy(url="", secrets=(), private=False, seconds=5, keep_days=7)
    async with session(policy) as http:
        with pytest.raises(aiohttp.ClientConnectorDNSError) as caught:
            await http.post(f"http://rebinds.example:{unused_tcp_port}/")
    assert isinstance(caught.value.os_error, NotPublic)
    await resolver.close()
