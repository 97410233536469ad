"""Words as numbers, and chances from them: what sounds alike, what is cut, what is straightened, what is told."""

from __future__ import annotations

import numpy as np
import pytest

from data_contracts.concern_phrases import phrases
from models.concerns.grams import Cut, Grams, grams_of, plain
from models.concerns.model import ConcernModel
from models.concerns.syllables import alike, sound
from models.concerns.text_model import TextModel, softmax, straightened
from training.concerns.corpus import Noise, Share, examples, mistyped
from training.concerns.evaluate import simulator_figures
from training.concerns.fit import ConcernFit, fit_heads, labels_of_policy, told_from
from training.concerns.urgency import found_from
from training.signing import first_difference


@pytest.fixture(scope="module")
def model() -> TextModel:
    """On every phrase as it stands: the short form, a few seconds."""
    labels, fit = labels_of_policy(), ConcernFit(variants=1)
    return TextModel(labels, *fit_heads(examples(phrases(), Share(), 1, 0), labels, fit))


def test_the_short_form_sorts_what_the_simulator_says(model: TextModel) -> None:
    told = simulator_figures(model)
    assert told["simulator.subcategory_first"] > 0.7
    assert told["simulator.subcategory_among_3"] > 0.85
    assert told["simulator.subcategory_first_low"] <= told["simulator.subcategory_first"]


def test_a_wrong_character_of_the_same_sound_changes_little(model: TextModel) -> None:
    right, wrong = model.chances(["想休年假，领导不批", "想修年价，领导不批"]).subcategory
    place = model.labels.subcategories.index("annual_leave")
    assert right.argmax() == wrong.argmax() == place
    without = Grams.of(["想休年假"], Cut(2, 0), least=1)
    assert without.matrix(["修价"]).nnz == 0


def test_common_characters_are_grouped_by_sound() -> None:
    assert len(alike()) == 3755
    assert all(sound(one) == sound("修") for one in alike()["修"])
    assert sound("，") is None
    assert sound("䶮") is None


def test_texts_are_written_one_way_and_runs_stop_at_marks() -> None:
    assert plain("ＯＫ！攒了12天\ue000假") == ["ok", "攒了0天", "假"]
    assert "天假" not in set(grams_of("攒了12天，假", Cut(2, 0)))


def test_a_text_without_a_known_word_is_not_read(model: TextModel) -> None:
    assert model.chances(["？？？", "年假"]).read.tolist() == [False, True]


def test_the_model_comes_back_from_its_parts(model: TextModel) -> None:
    whole = ConcernModel(model)
    again = ConcernModel.from_parts(whole.to_parts())
    assert first_difference(whole.to_parts(), again.to_parts()) == ""
    texts = ["警车刹车坏了", "孩子上学报名"]
    np.testing.assert_allclose(again.text.chances(texts).subcategory, model.chances(texts).subcategory)


def test_rows_are_chances_and_categories_add_up(model: TextModel) -> None:
    told = model.chances(["想调岗", "发奖金"])
    for one in (told.subcategory, told.category, told.urgency):
        np.testing.assert_allclose(one.sum(axis=1), 1.0)
    own = model.labels.places == 0
    np.testing.assert_allclose(told.category[:, 0], told.subcategory[:, own].sum(axis=1))


def test_straightening_keeps_rows_whole_and_the_first_where_it_was() -> None:
    rows = softmax(np.random.default_rng(0).normal(size=(50, 5)) * 3)
    told = straightened(rows, 0.6, 0.2)
    np.testing.assert_allclose(told.sum(axis=1), 1.0)
    sure = rows.max(axis=1) > 0.6
    assert (told.argmax(axis=1) == rows.argmax(axis=1))[sure].all()


def test_nothing_is_told_where_the_promise_is_never_kept() -> None:
    assert told_from(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([1, 1]), 0.8) > 1.0
    assert found_from(np.array([0.9]), np.array([False]), 0.9) == 0.5


def test_a_phrase_held_out_is_held_out_in_all_its_forms() -> None:
    bank = phrases()
    learned = {one.phrase for one in examples(bank, Share(1, 5), 2, 0)}
    held = {one.phrase for one in examples(bank, Share(1, 5, held=True), 2, 0)}
    assert not learned & held
    assert learned | held == {one.phrase for one in examples(bank, Share(), 1, 0)}


def test_draws_are_of_the_seed_and_errors_stay_texts() -> None:
    bank, share = phrases(), Share(0, 40, held=True)
    assert examples(bank, share, 3, 5) == examples(bank, share, 3, 5)
    assert examples(bank, share, 3, 5) != examples(bank, share, 3, 6)
    quiet = Noise(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    some = examples(bank, share, 2, 5, quiet)
    assert all(one.text == one.phrase for one in some if "{" not in one.text and len(one.phrase) > 12)
    rng = np.random.default_rng(1)
    assert all(mistyped("想休年假", rng) for _ in range(200))
