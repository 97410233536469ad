"""Artefacts: what was saved comes back exactly; anything else is refused, and the file at fault is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from data_contracts.errors import InvalidInput, NotReady, UntrustedArtifact
from models import artifacts, keys
from models.artifacts import Parts

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
PARTS = Parts(
    json={"columns": ["tenure_days", "complaints_24m"], "cut": 0.25},
    arrays={"weights": np.arange(6, dtype=np.float32).reshape(2, 3), "counts": np.array([1, 2], dtype=np.int64)},
    texts={"trees": "tree\nversion=v4\n"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return artifacts.save(tmp_path / "model", PARTS, {"outcome": "conduct", "中文": "预警"}, KEY)


def test_round_trip(folder: Path) -> None:
    parts, metadata = artifacts.load(folder, PUBLIC)
    assert parts.json == PARTS.json
    assert parts.texts == PARTS.texts
    assert metadata == {"outcome": "conduct", "中文": "预警"}
    for name, array in PARTS.arrays.items():
        np.testing.assert_array_equal(parts.arrays[name], array)
        assert parts.arrays[name].dtype == array.dtype
    assert {file.name for file in folder.iterdir()} == {
        "manifest.json", "manifest.sig", "values.json", "arrays.safetensors", "trees.txt",
    }  # fmt: skip


def test_a_transposed_view_comes_back_as_it_was_seen(tmp_path: Path) -> None:
    view = np.arange(6.0).reshape(2, 3).T
    parts, _ = artifacts.load(artifacts.save(tmp_path / "m", Parts(arrays={"view": view}), {}, KEY), PUBLIC)
    np.testing.assert_array_equal(parts.arrays["view"], view)


def test_scikit_learn_objects_predict_the_same_after_the_trip(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((60, 3))
    y = (x[:, 0] > 0.5).astype(int)
    logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(x[:, 0], y)
    saved = Parts(skops={"logistic": logistic, "isotonic": isotonic})
    loaded, _ = artifacts.load(artifacts.save(tmp_path / "m", saved, {}, KEY), PUBLIC)
    np.testing.assert_array_equal(loaded.skops["logistic"].predict_proba(x), logistic.predict_proba(x))
    np.testing.assert_array_equal(loaded.skops["isotonic"].predict(x[:, 0]), isotonic.predict(x[:, 0]))


def test_digest_names_exactly_these_bytes(folder: Path, tmp_path: Path) -> None:
    twin = artifacts.save(tmp_path / "twin", PARTS, {"outcome": "conduct", "中文": "预警"}, KEY)
    other = artifacts.save(tmp_path / "other", PARTS, {"outcome": "force"}, KEY)
    assert artifacts.digest(folder) == artifacts.digest(twin) != artifacts.digest(other)


@pytest.mark.parametrize(
    "parts",
    [
        Parts(json={"score": float("nan")}),
        Parts(json={"when": object()}),
        Parts(arrays={"names": np.array(["a", "b"])}),
        Parts(texts={"../up": ""}),
        Parts(skops={"quantile": QuantileTransformer(n_quantiles=2).fit([[0.0], [1.0]])}),
        Parts(skops={"tree": DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])}),
    ],
    ids=["nan", "object", "strings", "traversal", "class_not_listed", "native_memory"],
)
def test_what_has_no_safe_form_is_not_saved(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        artifacts.save(tmp_path / "m", parts, {}, KEY)
    assert not (tmp_path / "m").exists()


def test_a_signed_folder_is_never_written_over(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="not empty"):
        artifacts.save(folder, PARTS, {}, KEY)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first, second = keys.signing_key(tmp_path / "keys"), keys.signing_key(tmp_path / "keys")
    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert (tmp_path / "keys" / keys.PRIVATE_NAME).stat().st_mode & 0o777 == 0o600
    keys.public_key(tmp_path / "keys").verify(first.sign(b"text"), b"text")
    assert sorted(file.name for file in (tmp_path / "keys").iterdir()) == [keys.PRIVATE_NAME, keys.PUBLIC_NAME]


def test_a_key_that_others_can_read_signs_nothing(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    (tmp_path / keys.PRIVATE_NAME).chmod(0o644)
    with pytest.raises(UntrustedArtifact, match="chmod 600"):
        keys.signing_key(tmp_path)


@pytest.mark.parametrize(("what", "mode"), [(keys.PUBLIC_NAME, 0o664), (keys.PUBLIC_NAME, 0o646), (".", 0o777)])
def test_a_public_key_that_others_can_write_or_exchange_verifies_nothing(what: str, mode: int, tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    keys.public_key(tmp_path)
    (tmp_path / what).chmod(mode)
    with pytest.raises(UntrustedArtifact, match="chmod go-w"):
        keys.public_key(tmp_path)


def test_a_key_of_other_bytes_is_no_key(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    (tmp_path / keys.PUBLIC_NAME).write_bytes(b"short")
    (tmp_path / keys.PRIVATE_NAME).write_bytes(b"short")
    for read in (keys.public_key, keys.signing_key):
        with pytest.raises(UntrustedArtifact, match="is not a key"):
            read(tmp_path)


def test_of_two_first_uses_at_once_one_key_wins(tmp_path: Path) -> None:
    won = keys.signing_key(tmp_path)
    keys._make(tmp_path)
    assert keys.signing_key(tmp_path).private_bytes_raw() == won.private_bytes_raw()


def test_a_public_key_whose_private_key_is_lost_is_never_replaced(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    public = (tmp_path / keys.PUBLIC_NAME).read_bytes()
    (tmp_path / keys.PRIVATE_NAME).unlink()
    for _ in range(2):
        with pytest.raises(NotReady, match=r"artifacts\.key is gone.*from a copy, or move artifacts\.pub away"):
            keys.signing_key(tmp_path)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(keys.PUBLIC_NAME, public)]
    (tmp_path / keys.PUBLIC_NAME).rename(tmp_path / "old.pub")
    assert keys.signing_key(tmp_path).public_key().public_bytes_raw() != public


def test_without_a_public_key_nothing_can_be_verified(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="train a model"):
        keys.public_key(tmp_path)
