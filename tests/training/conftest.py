"""Fixtures of the tests of training and its gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(scope="module")
def undrawn() -> Iterator[Callable[..., None]]:
    """A gate's card comes without its pictures, which take it longer than all the rest; what would draw them."""
    from training.gate import model_card  # imports matplotlib

    honest = model_card._draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_card, "_draw", lambda *_: None)
        yield honest


@pytest.fixture
def drawn(undrawn: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The card of one test with its pictures all the same."""
    from training.gate import model_card

    monkeypatch.setattr(model_card, "_draw", undrawn)
