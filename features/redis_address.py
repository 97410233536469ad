"""Addresses of Redis that we take: known to be one, and nothing in the clear between machines."""

from __future__ import annotations

from urllib.parse import urlsplit

from data_contracts.errors import InvalidInput

TLS, PLAIN, SOCKET = "rediss", "redis", "unix"
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


def checked_address(address: str) -> str:
    """The address; raises InvalidInput, without repeating it, for one that is none or that crosses a network bare.

    >>> checked_address("redis://127.0.0.1:6379/0")
    'redis://127.0.0.1:6379/0'
    """
    told = urlsplit(address)
    if told.scheme not in (TLS, PLAIN, SOCKET):
        raise InvalidInput("PHAROS_ONLINE_URL is no address of Redis; write rediss://USER:PASSWORD@HOST:PORT/0")
    if told.scheme == PLAIN and told.hostname not in LOCAL_HOSTS:
        raise InvalidInput(
            "PHAROS_ONLINE_URL leads to another machine without TLS; write rediss:// (?ssl_ca_certs=FILE names the "
            "authority, ssl_certfile and ssl_keyfile a certificate of ours)"
        )
    return address
