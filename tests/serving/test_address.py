"""Where the service listens: a port that no machine has is refused in a sentence, never wrapped round."""

from __future__ import annotations

import socket

import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from serving.service import serve, with_address


@pytest.mark.parametrize("port", [0, -1, 65_536, 99_999])
def test_a_port_that_does_not_exist_is_refused(state: Settings, port: int) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 65535"):
        with_address(state, None, port)
    with pytest.raises(InvalidInput, match=str(port)):
        with_address(state.model_copy(update={"port": port}), None, None)


def test_what_is_not_given_stays(state: Settings) -> None:
    assert with_address(state, None, 4000) == state.model_copy(update={"port": 4000})


@pytest.mark.server
def test_an_address_that_is_somebody_elses_is_told_to_nobody(state: Settings) -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        use = state.model_copy(update={"port": port, "sandbox": True})
        with pytest.raises(NotReady, match=f"port {port} of 127.0.0.1 cannot be had"):
            serve(use, lambda address, _: told.append(address))
    assert told == []
