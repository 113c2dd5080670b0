"""Outgoing HTTP: which addresses are of the inside."""

from __future__ import annotations

import pytest

from acd.adapters.http import AiohttpClient, is_public
from acd.ports.http import HttpError

pytestmark = pytest.mark.app


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
    ],
)  # fmt: skip
def test_addresses_of_the_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/", "http://0x7f.1:1/",
        "http://2130706433:1/", "http://[::ffff:127.0.0.1]:1/", "http://0:1/",
    ],
)  # fmt: skip
async def test_however_it_is_written_the_inside_is_refused(url):
    with pytest.raises(HttpError) as caught:
        await AiohttpClient().post(url, b"", {})
    assert caught.value.code in ("address-refused", "http-unreachable")
    if "localhost" in url or "[" in url or "127.0.0.1" in url:
        assert caught.value.code == "address-refused"


async def test_nobody_there():
    with pytest.raises(HttpError) as caught:
        await AiohttpClient().post("http://127.0.0.1:1/", b"", {}, allow_private=True)
    assert caught.value.code == "http-unreachable"
