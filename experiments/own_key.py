"""A key of its own for a program of ours that asks a service over HTTP, for as long as the program runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from data_contracts.local_time import today_of
from data_contracts.settings import Settings
from serving.access.api_keys import KeyAsked
from serving.access.callers import KEY_HEADER, callers_of
from serving.access.commands import closed, issued
from serving.access.credential import AccessScope


@contextmanager
def own_key(use: Settings, name: str, *scopes: AccessScope) -> Iterator[Mapping[str, str]]:
    """The headers that open a service over this state; the key is good for a day and revoked with the block.

    None are needed, and no key is made, where the deployment has neither keys nor an issuer: its first key would shut
    the door to everybody else.
    """

    if use.sandbox or not callers_of(use, partial(today_of, use)).any_set_up():
        yield {}
        return
    asked = KeyAsked(name, frozenset(scopes), None, today_of(use) + timedelta(days=1), for_system=True)
    key, text = issued(use, asked)
    try:
        yield {KEY_HEADER.decode(): text}
    finally:
        closed(use, key.key_id)
