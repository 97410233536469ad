"""What `pharos serve` promises, kept where `bentoml serve` starts the process: our HTTP at the socket, and no address
that others reach while nobody could show who they are.

BentoML builds uvicorn's configuration itself (`_bentoml_impl/worker/service.py`) and binds the socket before it starts
a worker; neither can be given to it. It asks for uvicorn's "auto" protocols by name, so the names are ours here.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import date

import click
import uvicorn.config
from bentoml._internal.configuration.containers import BentoMLContainer

from data_contracts.errors import PharosError
from data_contracts.settings import Settings
from serving.access.callers import callers_of
from serving.api.admission import check_bind

PROTOCOL = "serving.api.heads:TimedHeads"


def speak_our_http() -> None:
    """Let every server of this process that names no protocol speak ours, and no WebSockets."""
    uvicorn.config.HTTP_PROTOCOLS["auto"] = PROTOCOL
    uvicorn.config.WS_PROTOCOLS["auto"] = None


def refuse_wide_host(use: Settings, today: Callable[[], date]) -> None:
    """End `bentoml serve` before anything listens, where others could reach what it is about to bind.

    Raises SystemExit with the words of `pharos serve`; an exception would be a page of BentoML's stack.
    """
    told = click.get_current_context(silent=True)  # of `bentoml serve`; its --host goes before every setting
    _checked((told and told.params.get("host")) or BentoMLContainer.http.host.get(), use, today)


def refuse_wide_socket(use: Settings, today: Callable[[], date]) -> None:
    """End a worker of BentoML that was given a socket which others could reach, whoever bound it; raises as
    refuse_wide_host does. Does nothing where this process is no such worker."""
    told = click.get_current_context(silent=True)
    descriptor = told.params.get("fd") if told else None
    if descriptor is None:
        return
    with closing(socket.socket(fileno=os.dup(descriptor))) as bound:
        if bound.family in (socket.AF_INET, socket.AF_INET6):
            _checked(bound.getsockname()[0], use, today)


def _checked(host: str, use: Settings, today: Callable[[], date]) -> None:
    try:
        check_bind(host, callers_of(use, today))
    except PharosError as error:
        raise SystemExit(str(error)) from error
