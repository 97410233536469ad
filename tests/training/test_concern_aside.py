"""What is no concern is told apart on sentences that nobody taught, and concerns stay concerns."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_contracts.concern_phrases import phrases
from data_contracts.policy import policy
from models.artifacts import Parts
from models.concerns.aside import Aside
from tests.concerns.sentences import Wordings
from training.concerns.aside import fit_aside
from training.concerns.corpus import Noise

NO_CONCERNS = Path(__file__).resolve().parents[1] / "concerns" / "no_concerns.csv"


def no_concerns() -> list[str]:
    with NO_CONCERNS.open(encoding="utf-8", newline="") as lines:
        return [row["text"] for row in csv.DictReader(lines)]


@pytest.mark.slow
def test_everyday_words_are_told_apart_and_concerns_are_kept() -> None:
    aside, seen = fit_aside(phrases(), 0, Noise())
    assert aside is not None
    assert seen["concerns_kept"] >= policy().triage.telling.concerns_kept - 0.001
    assert seen["urgent_concerns_kept"] >= 0.97
    assert seen["everyday_found"] > 0.4
    assert np.mean(aside.is_none(no_concerns())) > 0.4, "on sentences of a file that nothing learns from"
    again = Aside.from_parts(aside.to_parts())
    assert again is not None
    np.testing.assert_allclose(again.scores(no_concerns()), aside.scores(no_concerns()), rtol=1e-6)


def test_without_everyday_sentences_nothing_is_told_apart() -> None:
    assert fit_aside(replace(phrases(), everyday=()), 0, Noise()) == (None, {})
    assert Aside.from_parts(Parts()) is None


def test_no_sentence_of_the_file_is_taught() -> None:
    asked = no_concerns()
    assert len(asked) == len(set(asked)) == 60
    taught = Wordings(one for one in phrases().everyday if len(one) > 4)
    assert [one for one in asked if one in phrases().everyday or (len(one) > 4 and taught.hold(one))] == []
