"""How well anyone could order who moves first in a simulated bureau: Cox and `pharos` against the planted hazard.

Nobody moves in the first year in a post; then a move is decided with the same chance every month, lower in senior
posts, and carried out one to three months later (`data_contracts/simulator/careers.py`). The oracle knows these
constants and reads only the present post and the months in it, as the covariates do; rotations within a post, which
start the year anew, and moves already decided are hidden from it as from everybody.

`python -m experiments.backtests.movers_oracle 11 12 13` simulates 3,000 officers over ten years for each seed and
prints a line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import numpy as np
from rich.console import Console

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.catalog import catalog
from data_contracts.figures import figure_told
from data_contracts.simulator.careers import SLOWER_AT_THE_TOP
from data_contracts.simulator.effects import Effects
from data_contracts.simulator.families import SENIORITIES, post_ids
from data_contracts.simulator.simulation import simulate
from features.versions import with_superseded_on
from models.base import Numbers
from models.paths.dwell import QUARTER_MONTHS
from models.posts.histories import Array, Catalogue, Histories
from training.evaluation.bootstrap import OfficerDraws, difference
from training.evaluation.path_metrics import Concordance, concordance
from training.paths.data import states_at
from training.paths.dwell_data import times_to_move
from training.paths.fit import CoxPeer, fit_dwell, path_training
from training.posts.data import Frames

OFFICERS, YEARS, MONTHS = 3000, 10, 24
AFTER, UNTIL, END = date(2023, 12, 31), date(2025, 12, 31), date(2026, 1, 1)
CARRIED_OUT = (1, 2, 3)  # months after the decision
FACTS = Effects().careers
OURS, COX, ORACLE = "pharos", "cox", "oracle"


def frames_of(seed: int, officers: int = OFFICERS, years: int = YEARS) -> Frames:
    """The tables that paths of posts are learned from, of a bureau simulated up to `END`."""
    made = simulate(officers, years, seed, END)
    names = ("postings", "promotions", "officers", "posts")
    return {name: with_superseded_on(catalog().table(name), made[name]) for name in names}


def planted_order(histories: Histories, catalogue: Catalogue) -> Numbers:
    """(n,) log of the planted cumulative hazard of a move in the `MONTHS` to come, given the post and months in it."""
    number = {post: place for place, post in enumerate(post_ids())}
    seniority = np.array([number[post] % SENIORITIES for post in catalogue.posts] + [0])
    slower = np.array(SLOWER_AT_THE_TOP)[seniority[histories.present(catalogue.size)]]
    months = histories.days[:, 0, None] / DAYS_A_MONTH + np.arange(MONTHS)[None, :]
    free = np.mean([months - later >= FACTS.settle_months for later in CARRIED_OUT], axis=0)
    chance = FACTS.move_base * (1 - FACTS.same_post_other_unit) * slower
    return np.asarray(np.log(chance * free.sum(1)), np.float64)


def ordered(frames: Frames, after: date = AFTER, until: date = UNTIL) -> tuple[Array, dict[str, Concordance]]:
    """Officers (n,) in service and the concordance of each of the three with who moved first in (after, until]."""
    training = path_training(frames, "post", after)
    states = states_at(training.frames, after, *training.known)
    months, seen = times_to_move(training.frames, states, after, until)
    dwell, quarters = fit_dwell(training), int(np.ceil(months.max() / QUARTER_MONTHS))
    risk = {
        OURS: dwell.order(states.histories, quarters),
        COX: CoxPeer.fit(training, dwell.turnover).risk(states.histories),
        ORACLE: planted_order(states.histories, training.data.catalogue),
    }
    return states.officers, {name: concordance(months, seen, values) for name, values in risk.items()}


def line(name: str, officers: Array, found: dict[str, Concordance]) -> str:
    """The three figures, and how far ours and the oracle are ahead of Cox, with 95 % intervals over officers."""
    draws = OfficerDraws([str(one) for one in officers], seed=0)
    drawn = {key: one.drawn(draws) for key, one in found.items()}
    ahead = []
    for one in (OURS, ORACLE):
        gain = difference((found[one].value, found[COX].value), (drawn[one], drawn[COX]))
        ahead.append(f"{one} ahead of {COX} {_signed(gain.difference)} ({_signed(gain.low)} to {_signed(gain.high)})")
    return f"{name}: {', '.join(f'{key} {one.value:.4f}' for key, one in found.items())}; {'; '.join(ahead)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """A line for each seed, and one for all pairs within seeds together."""
    seeds = [int(one) for one in (sys.argv[1:] if arguments is None else arguments)]
    officers: list[str] = []
    parts: dict[str, list[Concordance]] = {OURS: [], COX: [], ORACLE: []}
    for seed in seeds:
        who, found = ordered(frames_of(seed))
        _say(line(f"seed {seed}", who, found))
        officers += [f"{seed} {one}" for one in who]
        for name, one in found.items():
            parts[name].append(one)
    pooled = {name: _together(some) for name, some in parts.items()}
    _say(line(f"{len(seeds)} seeds", np.array(officers, object), pooled))
    return 0


def _say(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True)


def _together(parts: Sequence[Concordance]) -> Concordance:
    return Concordance(
        np.concatenate([one.concordant for one in parts]), np.concatenate([one.comparable for one in parts])
    )


if __name__ == "__main__":
    sys.exit(main())


def _signed(value: float) -> str:
    return figure_told(value, 4, signed=True)
