"""Studies as TOML: committed ones can be read; what is wrong is told with its place, its value and what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data_contracts.errors import InvalidInput
from experiments.studies.reading import read_study, studies
from tests.experiments.study_room import TEXT, written
from training.tuning.ways import Stopping


@pytest.mark.parametrize("name", studies())
def test_every_committed_study_can_be_read(name: str) -> None:
    study = read_study(name)
    assert study.name == name
    assert study.baseline in study.models
    assert study.title.zh
    assert study.title.en
    assert study.notes is not None, "a study says what it is for"


def test_a_study_is_what_its_file_says(tmp_path: Path) -> None:
    study = read_study(str(written(tmp_path, TEXT.replace("folds = 2", 'folds = 3\npruning = { kind = "none" }'))))
    assert study.test.as_ofs == (date(2023, 7, 1), date(2024, 7, 1))
    assert study.models == ("count_rule", "logistic", "tuned")
    assert study.tuned is not None
    assert study.tune is not None
    assert (study.tune.folds, study.tune.ways.pruning.kind) == (3, Stopping.NONE)
    assert study.tune.ways.sampling.startup_trials == 2


WRONG = [
    ("trials = 3", "trials = 0", "trial.toml: tune.trials is 0: .* greater than or equal to 1"),
    ("trials = 3", 'trials = "many"', "tune.trials is 'many': "),
    ("trials = 3", "trails = 3", "tune.trails is 3: .*; remove this key or correct its spell"),
    ('kind = "risk"', 'kind = "risks"', "kind is 'risks': .*'risk'"),
    ('baseline = "count_rule"', 'baseline = "rule"', "baseline is 'rule'; name one of count_rule, logistic, tuned"),
    ('baseline = "count_rule"', "", "baseline: Field required; add this key"),
    ('"logistic"]', '"logit"]', "peers has 'logit'; risk knows count_rule, logistic"),
    ('outcomes = ["strain"]', 'outcomes = ["stress"]', r"test.outcomes has 'stress'; policy has"),
    ('outcomes = ["strain"]', "", "test.outcomes is missing; name what is predicted"),
    ("months = 12", "months = 7", "test.months is 7; policy allows .* for strain"),
    ("2023-07-01, 2024-07-01", "2024-07-01, 2023-07-01", "test.as_ofs must be days in order"),
    ("2023-07-01, 2024-07-01", "2025-07-01", r"test.as_ofs has 2025-07-01, whose 12 months end after"),
    ("2023-07-01, 2024-07-01", "", "test.as_ofs is .*at least 1 item"),
    ("num_leaves = 5", "leaves = 5", r"candidate\[1\].settings.boosted.leaves is 5: .*; remove this key"),
    ("num_leaves = 5", "num_leaves = 1", r"candidate\[1\].settings.boosted.num_leaves is 1: .*greater than or equal"),
    ('["boosted"]', '["logistic"]', "members must have boosted or glass_box"),
    ('["boosted"]', '["forest"]', r"candidate\[1\].settings.members\[1\] is 'forest'"),
    ('name = "tuned"', 'name = "logistic"', "two models are called 'logistic'"),
    ('name = "tuned"', 'name = "Tuned One"', "a candidate is called 'Tuned One'; use small letters"),
    ("tuned = true", "tuned = false", r"\[tune\] searches settings for nobody"),
    ('source = "simulator"', 'source = "chicago"', 'data.bureau is for source = "simulator"'),
    ('source = "simulator"', 'source = "mapped"', "data.mapping belongs to source"),
    ("[tune]", '[train]\ncandidate = "none"\nas_of = 2026-01-01\n[tune]', r"\[train\] registers a model of this state"),
    ("[tune]", '[train]\ncandidate = "none"\nas_of = 2026-01-01\n[tune]', "train.candidate is 'none'"),
    ("[tune]", "[tune", "is no TOML: .*mend that line"),
]


@pytest.mark.parametrize(("was", "now", "words"), WRONG, ids=[f"{now[:30]}-{n}" for n, (_, now, _) in enumerate(WRONG)])
def test_what_is_wrong_is_told(tmp_path: Path, was: str, now: str, words: str) -> None:
    assert was in TEXT
    with pytest.raises(InvalidInput, match=words) as told:
        read_study(str(written(tmp_path, TEXT.replace(was, now))))
    assert str(told.value).startswith("trial.toml: ") or "no TOML" in str(told.value)


def test_fairness_is_asked_of_risk_alone(tmp_path: Path) -> None:
    posts = TEXT.replace('kind = "risk"', 'kind = "next-post"').replace('outcomes = ["strain"]', "")
    posts = posts.replace('["count_rule", "logistic"]', '["markov"]').replace('"count_rule"', '"markov"')
    posts = posts.replace(
        posts[posts.index("settings = {") : posts.index('notes = { zh = "按')], "settings = { passes = 1.0 }\n"
    )
    assert read_study(str(written(tmp_path, posts))).kind == "next-post"
    with pytest.raises(InvalidInput, match=r"tune\.fairness is true, and next-post warns of nobody"):
        read_study(str(written(tmp_path, posts.replace("folds = 2", "folds = 2\nfairness = true"))))
    with pytest.raises(InvalidInput, match=r"candidate\[1\].settings.pasess is 1.0"):
        read_study(str(written(tmp_path, posts.replace("passes", "pasess"))))


@pytest.mark.parametrize("name", ["nothing", "risk small", "../x.toml", "/none/trial.toml"])
def test_an_unknown_study_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"no study is called .*risk-small"):
        read_study(name)


def test_two_tuned_candidates_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="two candidates are tuned"):
        read_study(str(written(tmp_path, f'{TEXT}\n[[candidate]]\nname = "other"\ntuned = true\n')))
