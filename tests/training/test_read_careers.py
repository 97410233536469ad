"""Fitting the reader: every step is an example, each officer once, and what depends on long ago is learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.posts.career_reader import READ, careers_of
from models.posts.histories import Histories, Moves
from training.posts import read_careers
from training.posts.read_careers import fit_reader, steps_of

SIZE = 6


def _moves(careers: list[list[int]]) -> Moves:
    """One move for each step of each career, posts oldest first."""
    rows = [
        (officer, career[:step], career[step])
        for officer, career in enumerate(careers)
        for step in range(1, len(career))
    ]
    width = max((len(held) for _, held, _ in rows), default=2)
    posts = np.array([held[::-1] + [-1] * (width - len(held)) for _, held, _ in rows]).reshape(-1, width)
    none, day = np.full(len(rows), np.nan), np.array([len(held) for _, held, _ in rows], np.int64)
    targets = np.array([target for *_, target in rows], np.int64)
    histories = Histories(posts, np.zeros(posts.shape), np.zeros(len(rows)), none, none, day)
    return Moves(histories, targets, np.ones(len(rows), bool), np.array([officer for officer, *_ in rows], np.int64))


def test_each_officer_is_read_once_with_every_step() -> None:
    steps = steps_of(_moves([[0, 1, 2], [3, SIZE, 4], [5, SIZE]]), SIZE)
    assert steps.careers.posts[:, :3].tolist() == [[0, 1, SIZE], [3, SIZE, SIZE]]
    assert steps.after[:, :3].tolist() == [[1, 2, SIZE], [SIZE, 4, SIZE]]
    assert steps.careers.length.tolist() == [2, 2]
    assert steps.careers.posts.shape == (2, READ)


def test_where_a_career_began_three_steps_ago_is_remembered() -> None:
    moves = _moves([[i % 2, 2, 3, 4 + i % 2] for i in range(600)])
    reader = fit_reader(moves, SIZE, 0)
    last = moves.histories.take(np.flatnonzero(moves.day == 3)[:2])
    told = reader.next_posts(careers_of(last, SIZE), np.zeros((2, SIZE), bool))
    assert np.exp(told[[0, 1], [4, 5]]).min() > 0.8
    again = fit_reader(moves, SIZE, 0)
    assert all(
        torch.equal(one, other)
        for one, other in zip(reader.state_dict().values(), again.state_dict().values(), strict=True)
    )


def test_who_moves_on_early_is_told_from_who_stays_long() -> None:
    moves = _moves([[0, 1 + i % 2] for i in range(600)])
    late = moves.targets == 2
    known = replace(
        moves.histories,
        days=np.where(late[:, None], 4000.0, 200.0) * (moves.histories.posts >= 0),
        tenure_days=np.where(late, 4000.0, 200.0),
    )
    reader = fit_reader(replace(moves, histories=known), SIZE, 0)
    told = reader.next_posts(careers_of(known.take(slice(0, 2)), SIZE), np.zeros((2, SIZE), bool))
    assert np.exp(told[[0, 1], moves.targets[:2]]).min() > 0.75


def test_nothing_to_read_and_a_large_catalogue_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fit_reader(_moves([]), SIZE, 0).size == SIZE
    monkeypatch.setattr(read_careers, "MOST_CELLS", 1)
    steps = steps_of(_moves([[0, 1, 2]] * 300), SIZE)
    assert len(read_careers._batches(steps, SIZE, np.random.default_rng(0))) == -(-300 // read_careers.BATCH)
