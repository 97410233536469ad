"""The oracle of movers knows the planted hazard, and the lines say who is ahead of Cox and by how much."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.simulator.careers import SLOWER_AT_THE_TOP
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.families import SENIORITIES, post_ids
from experiments.backtests import movers_oracle
from experiments.backtests.movers_oracle import CARRIED_OUT, MONTHS, frames_of, main, planted_order
from models.posts.histories import Catalogue, Histories

POSTS = tuple(post_ids()[:SENIORITIES])


def _histories(posts: list[int], months: list[float]) -> Histories:
    n = len(posts)
    return Histories(
        posts=np.array([[post, -1] for post in posts], np.int32),
        days=np.array([[month * DAYS_A_MONTH, 0.0] for month in months], np.float32),
        rank=np.zeros(n, np.int32),
        rank_days=np.zeros(n, np.float32),
        tenure_days=np.zeros(n, np.float32),
        day=np.full(n, 15_000, np.int32),
    )


def test_the_planted_hazard_is_that_of_the_months_free_to_move_in() -> None:
    catalogue = Catalogue(POSTS, ((),) * len(POSTS))
    settled, most, new = 30.0, 14.1, 0.1
    found = planted_order(_histories([0, 0, 0, SENIORITIES - 1, len(POSTS)], [settled, most, new, settled, settled]),
                          catalogue)  # fmt: skip
    facts = Effects().careers
    chance = facts.move_base * (1 - facts.same_post_other_unit)
    assert found[0] == pytest.approx(np.log(chance * MONTHS))
    assert found[1] < found[0]
    free = MONTHS - facts.settle_months - float(np.mean(CARRIED_OUT))
    assert found[2] == pytest.approx(np.log(chance * free))
    assert found[3] - found[0] == pytest.approx(np.log(SLOWER_AT_THE_TOP[-1]))
    assert found[4] == found[0], "a post outside the catalogue counts as a junior one"


def test_a_line_for_each_seed_and_one_for_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(movers_oracle, "frames_of", partial(frames_of, officers=80, years=3))
    assert main(["3", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["seed 3", "seed 4", "2 seeds"]
    assert all("pharos ahead of cox" in line and "oracle ahead of cox" in line for line in lines)
    assert float(lines[-1].split("oracle ")[1].split(";")[0]) > 0.5
