"""Where the service listens: a port that no machine has is refused in a sentence, never wrapped round."""

from __future__ import annotations

import pytest

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from serving.service import with_address


@pytest.mark.parametrize("port", [0, -1, 65_536, 99_999])
def test_a_port_that_does_not_exist_is_refused(state: Settings, port: int) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 65535"):
        with_address(state, None, port)
    with pytest.raises(InvalidInput, match=str(port)):
        with_address(state.model_copy(update={"port": port}), None, None)


def test_what_is_not_given_stays(state: Settings) -> None:
    assert with_address(state, None, 4000) == state.model_copy(update={"port": 4000})
