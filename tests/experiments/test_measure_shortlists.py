"""Short lists against planted talent: the oracle is honest, and the list finds much of what the oracle finds."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import AsOf
from data_contracts.policy import policy
from data_contracts.simulator.fields import FIELDS
from data_contracts.simulator.simulation import simulate
from experiments.backtests.measure_shortlists import ListQuality, measure_shortlists, standing, summary
from experiments.backtests.talent_oracle import posterior

END = date(2026, 1, 1)


@cache
def measured() -> dict[str, list[dict[str, Any]]]:
    return measure_shortlists([3], 700, 6, END)


def test_the_oracle_is_as_sure_as_it_should_be() -> None:
    made = simulate(700, 6, 3, END)
    truth = made["talent"][made["talent"]["month"] == "2025-12-01"].set_index("officer_id")
    found = posterior(standing(made, AsOf(END)), AsOf(END), pd.Index(truth.index.astype(object)))
    missed = (truth[list(FIELDS)].to_numpy() - found.mean) / found.sd
    assert 0.85 < float(np.mean(missed**2)) < 1.15
    assert abs(float(missed.mean())) < 0.15


def test_the_list_finds_much_of_what_the_evidence_could_tell_and_more_than_any_single_line() -> None:
    found = {str(row["model"]): row for row in measured()["records"]}
    assert found["oracle"]["of_oracle"] == 1.0
    assert found["pharos"]["of_oracle"] > 0.65
    for alone in ("honours_alone", "years_alone", "self_nominated"):
        assert found["pharos"]["precision"] > found[alone]["precision"]


def test_every_list_is_audited_by_group() -> None:
    groups = pd.DataFrame(measured()["balance"])
    assert set(groups["field"]) == set(FIELDS)
    assert set(groups["attribute"]) == set(policy().gate.groups.attributes)
    assert (groups["low"] <= groups["ratio"]).all()
    assert (groups["ratio"] <= groups["high"]).all()


def test_the_ratio_is_of_means_and_its_interval_holds_it() -> None:
    lists = [ListQuality(model, seed, "traffic", 20, share) for seed in range(4) for model, share in
             (("oracle", 0.5), ("pharos", 0.4))]  # fmt: skip
    table = summary(lists).set_index("model").round(6)
    assert list(table.to_dict("index")["pharos"].values()) == [0.4, 0.8, 0.8, 0.8]
