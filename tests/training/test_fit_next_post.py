"""The fitted model against known truth: patterns a count of single steps cannot see, and priors that do not leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.errors import InvalidInput, UntrustedArtifact
from models.artifacts import Parts
from models.posts.baselines import ItemWeights, Markov, PostScorer
from models.posts.counts import count_tables
from models.posts.histories import PADDING, Array, CareerState, Histories, Moves, barred
from models.posts.next_post import NextPostModel, Why
from models.posts.reasons import Count
from tests.training.careers import CUT, END, Step, checkerboard_careers, postings, two_step_careers
from training.evaluation.ranking_metrics import item_metrics, ranks
from training.posts.data import TrainingData, WindowItems, training_data, window_items
from training.posts.fit import FitSettings, fit_pharos, holdout, tuned_baselines

PEERS = {"ease": ItemWeights.fit_ease, "item_knn": ItemWeights.fit_knn}
QUICK = FitSettings(nets=1, passes=2.0, min_steps=80)


def _fitted(careers: Mapping[str, Sequence[Step]]) -> tuple[TrainingData, WindowItems, NextPostModel]:
    frames = {"postings": postings(careers)}
    data = training_data(frames, CUT)
    return data, window_items(frames, CUT, END, data), fit_pharos(data, QUICK)


@pytest.fixture(scope="module")
def two_step() -> tuple[TrainingData, WindowItems, NextPostModel]:
    return _fitted(two_step_careers(500))


def _first(model: PostScorer, moves: Moves, size: int, novel: bool = False) -> float:
    """How often the right post stands first."""
    places = ranks(model.score(moves.histories, novel), moves.targets, barred(moves.histories, size, novel))
    return float((places == 1).mean())


def test_two_steps_are_seen_where_markov_is_blind(two_step: tuple[TrainingData, WindowItems, NextPostModel]) -> None:
    data, items, model = two_step
    hub = items.moves.take(items.moves.histories.posts[:, 0] == data.catalogue.code("hub"))
    markov = Markov.fit(data.moves, data.catalogue)
    assert len(hub) > 10
    assert _first(model, hub, data.catalogue.size) > 0.95
    assert _first(markov, hub, data.catalogue.size) < 0.8


def test_posts_held_together_are_found_among_the_never_held() -> None:
    data, items, model = _fitted(checkerboard_careers(400, 12))
    novel = items.moves.take(items.moves.novel)
    size = data.catalogue.size
    best = np.argmax(np.where(barred(novel.histories, size, True), -np.inf, model.score(novel.histories, True)), axis=1)
    side = np.array([int(post[1:]) % 2 for post in data.catalogue.posts])
    assert (side[best] == side[novel.targets]).mean() > 0.95


def test_the_same_seed_gives_the_same_model(two_step: tuple[TrainingData, WindowItems, NextPostModel]) -> None:
    data, items, model = two_step
    again = fit_pharos(data, QUICK)
    assert np.array_equal(again.score(items.moves.histories, False), model.score(items.moves.histories, False))


def test_no_example_meets_itself_in_its_prior() -> None:
    """One officer's odd move must not be in the counts that this officer's examples are looked up in."""
    careers = {f"o{i}": [("a", "2015-01-01"), ("b", f"2016-01-{i + 1:02d}")] for i in range(20)}
    careers["odd"] = [("a", "2015-01-01"), ("z", "2016-06-01"), ("a", "2017-01-01")]
    data = training_data({"postings": postings(careers)}, CUT)
    moves, codes = data.moves, data.catalogue.codes
    odd = np.flatnonzero(moves.targets == codes["z"])
    fold = (moves.officers == moves.officers[odd[0]]).astype(np.int64)
    tables = count_tables(moves, data.catalogue, fold)
    own = tables.evidence(moves.take(odd).histories, fold[odd])
    everybody = tables.evidence(moves.take(odd).histories)
    present, target = codes["a"], codes["z"]
    assert moves.histories.posts[odd[0], 0] == present
    assert own.rows[0, :, target].max() == 0
    assert own.popularity[0, :, target].max() == 0
    assert own.ease[0, target] == 0
    assert everybody.rows[0, 0, target] == 1
    assert own.rows[0, 0, codes["b"]] == 20


def test_each_officer_gets_its_own_answer(two_step: tuple[TrainingData, WindowItems, NextPostModel]) -> None:
    """Two officers in one call, every row's right answer different; the order of the call is the order of answers."""
    _, _, model = two_step
    asked = {"c": ("a", "hub"), "d": ("b", "hub"), "hub": ("a",)}
    for order in (("c", "d", "hub"), ("hub", "d", "c")):
        states = [
            CareerState(asked[right], [date(2020, 1, 1 + i) for i in range(len(asked[right]))], as_of=date(2021, 1, 1))
            for right in order
        ]
        assert [posts[0].post_id for posts in model.rank(states, 1)] == list(order)


def test_ranking_masks_excludes_and_gives_reasons(two_step: tuple[TrainingData, WindowItems, NextPostModel]) -> None:
    _, _, model = two_step
    state = CareerState(("a", "hub"), (date(2020, 1, 1), date(2020, 5, 1)), as_of=date(2021, 1, 1))
    ranked = model.rank([state], 10)[0]
    assert "hub" not in {post.post_id for post in ranked}
    assert sum(post.probability for post in ranked) == pytest.approx(1.0, abs=1e-5)
    assert [post.score for post in ranked] == sorted((post.score for post in ranked), reverse=True)
    assert all(post.reasons for post in ranked[:1])
    first = model.rank([CareerState(("a",), (date(2020, 1, 1),), as_of=date(2021, 1, 1))], 1)[0][0]
    counted = [reason for reason in first.reasons if reason.code == "moved"]
    assert "moves out of your post led here" in counted[0].en
    assert "调入此岗位" in counted[0].zh
    without = model.rank([state], 10, [{"c"}])[0]
    assert "c" not in {post.post_id for post in without}
    novel = model.rank([state], 10, [{"a", "hub"}])[0]
    assert {post.post_id for post in novel} == {"b", "c", "d"}
    with pytest.raises(InvalidInput):
        model.rank([state], 0)
    with pytest.raises(InvalidInput):
        model.rank([state], 5, [])
    assert model.rank([], 5) == []


def test_an_officer_without_history_gets_the_popular_posts(
    two_step: tuple[TrainingData, WindowItems, NextPostModel],
) -> None:
    _, _, model = two_step
    ranked = model.rank([CareerState((), (), as_of=date(2021, 1, 1))], 5)[0]
    assert len(ranked) == 5
    assert {reason.code for post in ranked for reason in post.reasons} == {"ranking_alone"}
    unknown = model.rank([CareerState(("elsewhere",), (date(2020, 1, 1),), as_of=date(2021, 1, 1))], 5)[0]
    assert len(unknown) == 5


def test_a_model_survives_its_parts(two_step: tuple[TrainingData, WindowItems, NextPostModel]) -> None:
    _, items, model = two_step
    parts = model.to_parts()
    again = NextPostModel.from_parts(parts)
    assert np.array_equal(again.score(items.moves.histories, True), model.score(items.moves.histories, True))
    with pytest.raises(UntrustedArtifact):
        NextPostModel.from_parts(Parts(json={"kind": "risk"}))
    broken = {name: array for name, array in parts.arrays.items() if name != "net0.bias"}
    with pytest.raises(UntrustedArtifact):
        NextPostModel.from_parts(replace(parts, arrays=broken))
    before = Parts(json={**parts.json, "kind": "next_post_with_background"}, arrays=parts.arrays)
    with pytest.raises(UntrustedArtifact, match="next_post_with_background"):
        NextPostModel.from_parts(before)
    unread = {name: array for name, array in parts.arrays.items() if name != "reader.bias"}
    with pytest.raises(UntrustedArtifact, match="train it again"):
        NextPostModel.from_parts(replace(parts, arrays=unread))
    with pytest.raises(UntrustedArtifact, match="next_post_with_entrants"):
        NextPostModel.from_parts(replace(parts, json={**parts.json, "kind": "next_post_with_entrants"}))
    for lift in ({}, {"entrants.lift": parts.arrays["entrants.lift"][:, :-1]}):
        kept = {name: array for name, array in parts.arrays.items() if name != "entrants.lift"}
        with pytest.raises(UntrustedArtifact, match="train it again"):
            NextPostModel.from_parts(replace(parts, arrays={**kept, **lift}))


def test_where_officers_of_the_same_years_of_service_went_is_ranked_higher() -> None:
    """From one post the young go to y and the old to o; what a model of another city weighs by hand is on top."""
    import pandas as pd

    entered = {f"o{i}": "2014-01-01" if i % 2 else "1994-01-01" for i in range(400)}
    careers = {
        name: [("p", "2015-01-01"), ("y" if i % 2 else "o", f"201{6 + i % 3}-0{1 + i % 9}-01")]
        for i, name in enumerate(entered)
    }
    officers = pd.DataFrame({"officer_id": list(entered), "entered_on": pd.to_datetime(list(entered.values()))})
    frames = {"postings": postings(careers), "officers": officers.astype({"officer_id": "string"})}
    model = fit_pharos(training_data(frames, CUT), QUICK)
    without = replace(model, blends={mode: replace(blend, entrants=0.0) for mode, blend in model.blends.items()})
    asked = [
        CareerState(("p",), (date(2015, 1, 1),), entered_on=date(year, 1, 1), as_of=date(2017, 1, 1))
        for year in (2014, 1994)
    ]
    for state, right in zip(asked, ("y", "o"), strict=True):
        best, plain = model.rank([state], 2)[0][0], without.rank([state], 2)[0]
        assert best.post_id == right
        assert best.probability > next(post.probability for post in plain if post.post_id == right)
        assert [reason.code for reason in best.reasons if reason.code == "stage"] == ["stage"]
    again = NextPostModel.from_parts(model.to_parts())
    assert [post.probability for post in again.rank(asked, 1)[0]] == [
        post.probability for post in model.rank(asked, 1)[0]
    ]


def test_the_reader_is_heard_where_it_was_taught_much_and_there_is_a_career_to_read(
    two_step: tuple[TrainingData, WindowItems, NextPostModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, items, model = two_step
    known, size = items.moves.histories.take(slice(0, 20)), model.catalogue.size
    deaf = replace(model, blends={mode: replace(blend, reader=0.0) for mode, blend in model.blends.items()})
    unknown = replace(known, posts=np.where(known.posts == PADDING, PADDING, size))
    assert np.allclose(_finite(model, known), _finite(deaf, known)), "from so few moves it is not heard"
    monkeypatch.setattr("models.posts.next_post.READ_LEAST", 0.0)
    model = replace(model)
    assert not np.allclose(_finite(model, known), _finite(deaf, known))
    assert np.array_equal(_finite(model, unknown), _finite(deaf, unknown))
    monkeypatch.setattr("models.posts.next_post.READ_ENOUGH", 1e9)
    assert np.allclose(_finite(replace(model), known), _finite(deaf, known))


def _finite(model: PostScorer, histories: Histories) -> Array:
    scores = model.score(histories, False)
    return np.asarray(scores[np.isfinite(scores)])


def test_three_moves_are_enough_to_fit() -> None:
    careers = {"a": [("p", "2015-01-01"), ("q", "2016-01-01")], "b": [("p", "2015-01-01"), ("q", "2017-01-01")]}
    data = training_data({"postings": postings(careers)}, CUT)
    model = fit_pharos(data, QUICK)
    state = CareerState(("p",), (date(2015, 1, 1),), as_of=date(2021, 1, 1))
    assert [post.post_id for post in model.rank([state], 3)[0]] == ["q"]
    scores = [fit().score(data.moves.histories, False) for fit in tuned_baselines(data, 1.0).values()]
    assert all(np.isfinite(score).all() for score in scores)


def test_a_large_catalogue_costs_the_peers_no_more_than_its_most_held_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = training_data({"postings": postings(two_step_careers(60))}, CUT)
    whole = {name: fit(data.moves, data.catalogue) for name, fit in PEERS.items()}
    monkeypatch.setattr("models.posts.counts.MAX_EASE_POSTS", 3)
    for name, fit in PEERS.items():
        few = fit(data.moves, data.catalogue)
        scores = few.score(data.moves.histories, False)
        assert few.weights.shape == (3, 3)
        assert scores.shape == whole[name].score(data.moves.histories, False).shape
        assert not np.delete(scores, few.posts, axis=1).any()
        assert scores[:, few.posts].any()


def test_a_post_nobody_held_is_scored_by_its_words() -> None:
    import pandas as pd

    names = {"a": "north desk", "b": "north station", "c": "south desk", "d": "south station"}
    careers = {
        f"o{i}": [("a" if i % 2 else "c", "2015-01-01"), ("b" if i % 2 else "d", f"20{16 + i % 4}-01-01")]
        for i in range(200)
    }
    names |= {"n": "north station annex", "s": "south station annex"}
    posts = pd.DataFrame({"post_id": list(names), "name_en": list(names.values())}).astype("string")
    posts["known_on"] = pd.Timestamp("2010-01-01")
    data = training_data({"postings": postings(careers), "posts": posts}, CUT)
    model = fit_pharos(data, QUICK)
    asked = [CareerState((post,), (date(2018, 1, 1),), as_of=date(2021, 1, 1)) for post in ("a", "c")]
    order = [[post.post_id for post in ranked] for ranked in model.rank(asked, 6)]
    assert order[0].index("n") < order[0].index("s")
    assert order[1].index("s") < order[1].index("n")


def test_the_holdout_is_the_last_time_and_empty_when_small(
    two_step: tuple[TrainingData, WindowItems, NextPostModel],
) -> None:
    data, _, _ = two_step
    early, late = holdout(data.moves, replace(QUICK, min_holdout=20))
    assert early.day.max() < late.day.min()
    assert len(early) + len(late) == len(data.moves)
    assert len(holdout(data.moves, replace(QUICK, min_holdout=10_000))[1]) == 0


def test_a_big_catalogue_uses_fewer_folds_and_smaller_batches() -> None:
    assert [FitSettings().folds(size) for size in (200, 2000, 9000)] == [5, 3, 2]


def test_metrics_share_ties_and_miss_what_is_barred() -> None:
    scores = np.array([[1.0, 1.0, 1.0, 0.0], [3.0, 2.0, 1.0, 0.0], [3.0, 2.0, 1.0, 0.0]])
    out = np.zeros((3, 4), bool)
    out[1, 0] = True
    out[2, 1] = True
    assert ranks(scores, np.array([1, 1, 1]), out).tolist() == [2.0, 1.0, np.inf]
    assert ranks(scores, np.array([4, 4, 4]), out).tolist() == [np.inf] * 3
    assert item_metrics(np.array([7.0]))["hr_at_5"].tolist() == [0.0]


def test_reasons_rest_on_what_was_counted_move_by_move() -> None:
    """From a to b went all; of those from b on, ten of sixteen to c, who came from a; e and b are of one family."""
    import pandas as pd

    careers: dict[str, list[Step]] = {f"c{i}": [("a", "2015-01-01"), ("b", "2015-06-01"), ("c", f"2016-01-{i + 1:02d}")]
                                      for i in range(10)}  # fmt: skip
    careers |= {f"d{i}": [("z", "2015-01-01"), ("b", "2015-06-01"), ("d", f"2016-02-{i + 1:02d}")] for i in range(6)}
    careers |= {f"e{i}": [("e", "2015-01-01"), ("c", f"2016-03-{i + 1:02d}")] for i in range(5)}
    careers |= {f"r{i}": [("c", "2015-01-01"), ("b", f"2016-04-{i + 1:02d}")] for i in range(3)}
    families = {"a": "x", "b": "y", "c": "x", "d": "x", "e": "y", "z": "x"}
    known = pd.Timestamp("2010-01-01").as_unit("us")
    posts = pd.DataFrame({"post_id": list(families), "job_family": list(families.values()), "known_on": known,
                          **dict.fromkeys(("name_zh", "name_en", "track", "unit_level"))})  # fmt: skip
    model = fit_pharos(training_data({"postings": postings(careers), "posts": posts}, CUT), QUICK)
    state = CareerState(("a", "b"), (date(2015, 1, 1), date(2015, 6, 1)), as_of=date(2017, 1, 1))
    why = model.rankings([state])[0].why
    assert isinstance(why, Why)
    seen = why.seen(model.catalogue.code("c"))
    assert seen.present == Count(10, 16)
    assert seen.two_step == Count(10, 10)
    assert seen.earlier == Count(0, 10), "from a nobody went straight to c"
    assert seen.kindred == Count(5, 5)
    assert seen.everybody == Count(15, sum(model.moved_to.values()))
    assert (seen.back, seen.held_before) == (3.0, False)
    assert why.seen(model.catalogue.code("b")).earlier == Count(10, 10)
    assert why.seen(model.catalogue.code("a")).held_before
    back = CareerState(("b", "a", "b"), (date(2014, 1, 1), date(2015, 1, 1), date(2015, 6, 1)), as_of=date(2017, 1, 1))
    again = model.rankings([back])[0].why
    assert isinstance(again, Why)
    assert again.seen(model.catalogue.code("c")).earlier == Count(0, 10), "the post held now is no earlier one"
    recruit = model.rankings([CareerState((), (), as_of=date(2017, 1, 1))])[0].why
    assert isinstance(recruit, Why)
    nothing = recruit.seen(model.catalogue.code("c"))
    assert (nothing.present, nothing.earlier, nothing.kindred) == (Count(), Count(), Count())
