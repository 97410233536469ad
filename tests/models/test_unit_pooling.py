"""Small units on a simulated tree: what one officer did is no grade of six, and pooling foretells what comes better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import spearmanr

from data_contracts.policy import policy
from models.base import Numbers
from models.risk.grades import by_cut_offs
from models.units.force import force_change
from models.units.model import Change, Expected, Roster, UnitRule, expected, moved_chances
from models.units.tree import Spread, UnitTree, pool

UNIT_RULES = policy().grades.units
SMALLEST, LARGEST, STATIONS, GROUPS = 5, 12, 12, 10


@dataclass(frozen=True)
class Bureau:
    """Officers of many small stations under a few sub-bureaus, last period's outcome and what came, (n,)."""

    roster: Roster
    past: Numbers
    y: Numbers

    def rates(self, values: Numbers) -> Numbers:
        """The share of each station, (stations,)."""
        officers = self.roster.officers
        return self.roster.tree.own(self.roster.where, values)[officers > 0] / officers[officers > 0]


def bureau(seed: int) -> Bureau:
    """Sub-bureaus and stations differ for good (half a log-odd and 0.4); two periods are drawn from the same chances.

    An officer's chance is the true chance of whoever had (or had not) the outcome last time, and knows of no unit.
    """
    draw = np.random.default_rng(seed)
    sizes = draw.integers(SMALLEST, LARGEST + 1, GROUPS * STATIONS)
    names = [f"g{place // STATIONS}-{place}" for place, many in enumerate(sizes) for _ in range(many)]
    tree = UnitTree.of(names, {name: name.split("-")[0] for name in names} | {f"g{k}": "top" for k in range(GROUPS)})
    where = tree.places(names)
    effect = np.where(tree.parent == 0, draw.normal(0, 0.5, len(tree.units)), 0.0)
    effect = effect + np.where(tree.parent > 0, draw.normal(0, 0.4, len(tree.units)) + effect[tree.parent], 0.0)
    truth = expit(logit(0.1) + effect[where])
    past = (draw.random(len(where)) < truth).astype(np.float64)
    chance = np.where(past > 0, truth[past > 0].mean(), truth[past == 0].mean())
    return Bureau(Roster(tree, where, chance, past), past, (draw.random(len(where)) < truth).astype(np.float64))


def loss(share: Numbers, seen: Numbers, officers: Numbers) -> float:
    share = np.clip(share, 0.01, 0.99)
    return float(np.average(-seen * np.log(share) - (1.0 - seen) * np.log1p(-share), weights=officers))


def test_pooled_shares_of_small_units_foretell_the_next_period_better_than_their_rates() -> None:
    ranks, losses = [], []
    for seed in range(20):
        one = bureau(seed)
        officers = one.roster.officers[one.roster.officers > 0]
        found = expected(one.roster, moved_chances(one.roster, UnitRule(past=0.0)), UnitRule())["own"]
        pooled, rates, seen = found.share[found.officers > 0], one.rates(one.past), one.rates(one.y)
        ranks.append([float(spearmanr(some, seen).statistic) for some in (pooled, rates)])
        losses.append([loss(some, seen, officers) for some in (pooled, rates)])
    gain = np.diff(np.array(ranks))[:, 0] * -1.0
    assert gain.mean() > 2.0 * gain.std(ddof=1) / np.sqrt(len(gain)) > 0.0
    assert np.mean(losses, axis=0)[0] < np.mean(losses, axis=0)[1] - 0.02


def six_among_many(events: int) -> tuple[Expected, float, int]:
    """Six officers, as many of whom as told had the outcome and are ten times as likely to again, in a calm bureau."""
    draw = np.random.default_rng(4)
    names = ["six"] * 6 + [f"u{place}" for place in range(40) for _ in range(20)]
    tree = UnitTree.of(names, dict.fromkeys(names, "top"))
    past = np.concatenate([np.arange(6) < events, draw.random(800) < 0.06]).astype(np.float64)
    roster = Roster(tree, tree.places(names), np.where(past > 0, 0.3, 0.03), past)
    rule = UnitRule(past=0.5)
    moved = moved_chances(roster, rule)
    return expected(roster, moved, rule)["own"], float(moved.mean()), tree.units.index("six")


def test_one_event_makes_no_unit_of_six_poor_and_its_interval_is_wide() -> None:
    found, force, six = six_among_many(1)
    raw = (0.3 + 5 * 0.03) / 6
    cuts = UNIT_RULES.cut_offs(force)
    assert raw > cuts["poor"]  # as it would be graded by its officers alone
    assert by_cut_offs(found.share[[six]], cuts).tolist() != ["poor"]
    assert found.share[six] < (raw + force) / 2  # nearer to its parent than to what its officers alone would say
    assert (found.low[six], found.high[six]) == (0.0, 0.5)
    none, level, _ = six_among_many(0)
    assert by_cut_offs(none.share[[six]], UNIT_RULES.cut_offs(level)).tolist() == ["good"]  # nor is it the best by luck


def test_a_large_unit_keeps_its_own_share_and_the_force_its_sum() -> None:
    names = ["bad"] * 400 + ["calm"] * 400 + ["few"] * 6
    tree = UnitTree.of(names, dict.fromkeys(names, "top"))
    draw = np.random.default_rng(2)
    chance = np.concatenate([draw.beta(4, 16, 400), draw.beta(1, 19, 400), draw.beta(4, 16, 6)])
    roster = Roster(tree, tree.places(names), chance)
    shares = expected(roster, chance, UnitRule())
    at = {name: place for place, name in enumerate(tree.units)}
    assert shares["own"].share[at["bad"]] == pytest.approx(chance[:400].mean(), rel=0.02)
    assert shares["own"].share[at["few"]] < chance[-6:].mean()
    assert shares["block"].share[at["top"]] == pytest.approx(chance.mean())


def test_units_of_different_officers_differ_though_units_as_such_do_not() -> None:
    """Stations are drawn from one force, so a unit tells nothing: yet who has the higher chances is known, and their
    stations' next period is foretold better by them than by the force's share."""
    losses, ranks = [], []
    for seed in range(10):
        draw = np.random.default_rng(seed)
        names = [f"s{place}" for place in range(60) for _ in range(int(draw.integers(SMALLEST, LARGEST + 1)))]
        tree = UnitTree.of(names, dict.fromkeys(names, "top"))
        chance = draw.beta(0.3, 5.7, len(names))  # a few are likely, most are not
        roster = Roster(tree, tree.places(names), chance)
        found = expected(roster, chance, UnitRule())["own"]
        assert found.alike
        there = found.officers > 0
        y = (draw.random(len(names)) < chance).astype(np.float64)
        seen = tree.own(roster.where, y)[there] / found.officers[there]
        flat = np.full(there.sum(), chance.mean())
        losses.append([loss(some, seen, found.officers[there]) for some in (found.share[there], flat)])
        ranks.append(float(spearmanr(found.share[there], seen).statistic))
    pooled, flat_loss = np.mean(losses, axis=0)
    assert pooled < flat_loss - 0.003
    assert np.mean(ranks) > 0.3


def test_what_officers_of_a_unit_differ_by_is_what_pooling_takes_for_noise() -> None:
    tree = UnitTree.of(["a", "b"], {})
    alike = Spread.of(tree, tree.places(["a", "a", "b", "b"]), np.array([0.1, 0.1, 0.3, 0.3]))
    assert alike.inside == 0.0
    assert alike.whole == pytest.approx(0.01)
    sums, count = np.array([0.2, 0.6]), np.array([2.0, 2.0])
    assert pool(tree, sums, count, alike).mean == pytest.approx([0.1, 0.3], abs=1e-4)  # nothing to lean for
    wild = pool(tree, sums, count, Spread(inside=1.0, whole=1.0)).mean  # two count a fifth by themselves
    assert 0.1 < wild[0] < wild[1] < 0.3


def test_the_force_moves_surely_only_by_more_than_a_whole_force_may_lie_about() -> None:
    now, then = np.full(500, 0.06), np.full(480, 0.05)
    steady = force_change(now, then, 0.3)
    assert steady.direction().tolist() == ["steady"]
    assert (steady.before[0], steady.change[0]) == pytest.approx((0.05, 0.01))
    assert steady.low[0] < 0.0 < steady.high[0]
    assert force_change(now, then, 0.02).direction().tolist() == ["worsening"]
    assert force_change(then, now, 0.0).direction().tolist() == ["improving"]


def test_nothing_is_called_falling_whose_interval_holds_nought() -> None:
    one = np.array([-0.0047])
    change = Change(np.array([0.1]), one, np.array([-0.0104]), np.array([0.001]), np.array([0.055]))
    assert change.direction().tolist() == ["steady"]
