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
        "::127.0.0.1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1", "fec0::1", "5f00::1", "3fff::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe", "192.0.0.8", "198.18.0.1", "240.0.0.1",
    ],
)  # fmt: skip
def test_addresses_of_the_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_open_internet(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/", "http://0x7f.1:1/",
        "http://2130706433:1/", "http://[::ffff:127.0.0.1]:1/", "http://0:1/",
        "http://somebody@127.0.0.1:1/", "http://example.org:1@127.0.0.1:1/", "http://[::]:1/",
        "http://１２７.０.０.１:1/", "http://127。0。0。1:1/",
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


async def test_what_is_no_address_is_a_failure_like_any_other():
    for is_fine in (True, False):
        with pytest.raises(HttpError):
            await AiohttpClient().post("http://[::1/", b"", {}, allow_private=is_fine)
