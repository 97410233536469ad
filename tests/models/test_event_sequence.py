"""The event network finds what is planted in order and age, and is the same again from its parts."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from data_contracts.errors import NotReady
from models.risk.event_sequence import EventSequence, Sequences

ROWS, DEPTH = 1500, 6


def planted(seed: int = 2) -> tuple[Sequences, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Only a recent event of kind 1 matters; kind 2 and old events are noise."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, (ROWS, DEPTH)).astype(np.int16)
    ages = np.sort(rng.uniform(1, 3000, (ROWS, DEPTH)).astype(np.float32))[:, ::-1].copy()
    there = kinds > 0
    recent = ((kinds == 1) & (ages < 700)).any(axis=1)
    came = (rng.random(ROWS) < np.where(recent, 0.7, 0.1)).astype(np.float64)
    gaps = np.where(there, 30.0, 0.0).astype(np.float32)
    exposure = np.where(rng.random(ROWS) < 0.1, np.nan, 2000.0).astype(np.float32)
    return Sequences(kinds, np.where(there, ages, 0).astype(np.float32), gaps, exposure), came


HISTORIES, CAME = planted()


@cache
def fitted() -> EventSequence:
    """Once, and not while tests are collected, which every process does."""
    return EventSequence(epochs=25).fit(HISTORIES, CAME, 3)


def test_the_planted_order_is_found() -> None:
    said = fitted().log_odds(HISTORIES)
    assert said[CAME == 1].mean() > said[CAME == 0].mean() + 1.0
    assert abs((1 / (1 + np.exp(-said))).mean() - CAME.mean()) < 0.05


def test_the_same_seed_gives_the_same_network_and_parts_keep_it() -> None:
    again = EventSequence(epochs=2).fit(HISTORIES, CAME, 3)
    twice = EventSequence(epochs=2).fit(HISTORIES, CAME, 3)
    assert np.array_equal(again.log_odds(HISTORIES), twice.log_odds(HISTORIES))
    stored = EventSequence.from_parts(again.to_parts("seq"), "seq")
    assert np.array_equal(stored.log_odds(HISTORIES), again.log_odds(HISTORIES))


def test_padding_says_nothing() -> None:
    zeros = np.zeros((ROWS, DEPTH), np.float32)
    empty = Sequences(zeros.astype(np.int16), zeros, zeros, HISTORIES.exposure)
    moved = Sequences(empty.kinds, empty.ages + 99, empty.gaps + 9, empty.exposure)
    assert np.allclose(fitted().log_odds(empty), fitted().log_odds(moved))


def test_a_network_that_was_not_fitted_says_so() -> None:
    with pytest.raises(NotReady, match="fit"):
        EventSequence().log_odds(HISTORIES)
