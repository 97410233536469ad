"""Artefacts: what was saved comes back exactly; anything else is refused, and the file at fault is named."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sklearn.ensemble import RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from data_contracts.errors import InvalidInput, NotReady, UntrustedArtifact
from models import artifacts, keys, skops_file
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


def resign(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """What someone who holds the key could write: a changed manifest with a right signature."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    changed = change(manifest)
    content = json.dumps(manifest if changed is None else changed).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sig").write_bytes(KEY.sign(content))


def resign_file(folder: Path, name: str, content: bytes) -> None:
    """A file replaced under a right signature."""
    (folder / name).write_bytes(content)
    entry = hashlib.sha256(content).hexdigest()
    resign(folder, lambda manifest: manifest["files"].update({name: {"bytes": len(content), "sha256": entry}}))


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
    forest = RandomForestClassifier(5, random_state=0).fit(x, y)
    logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(x[:, 0], y)
    saved = Parts(skops={"forest": forest, "logistic": logistic, "isotonic": isotonic})
    loaded, _ = artifacts.load(artifacts.save(tmp_path / "m", saved, {}, KEY), PUBLIC)
    np.testing.assert_array_equal(loaded.skops["forest"].predict_proba(x), forest.predict_proba(x))
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
    ],
    ids=["nan", "object", "strings", "traversal", "class_not_listed"],
)
def test_what_has_no_safe_form_is_not_saved(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        artifacts.save(tmp_path / "m", parts, {}, KEY)
    assert not (tmp_path / "m").exists()


def test_a_signed_folder_is_never_written_over(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="not empty"):
        artifacts.save(folder, PARTS, {}, KEY)


TRACE = Path(tempfile.gettempdir()) / "pharos_was_here"


class Bomb:
    """A pickle that would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {TRACE}",)


def flipped_bit(folder: Path) -> None:
    content = bytearray((folder / "arrays.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "arrays.safetensors").write_bytes(content)


def other_length(folder: Path) -> None:
    (folder / "trees.txt").write_text("tree")


def longer_than_signed(folder: Path) -> None:
    (folder / "trees.txt").write_text("tree\nversion=v4\n" * 2)


def missing(folder: Path) -> None:
    (folder / "trees.txt").unlink()


def extra_pickle(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps(Bomb()))


def signed_pickle(folder: Path) -> None:
    resign_file(folder, "model.pkl", pickle.dumps(Bomb()))


def link_to_the_same_bytes(folder: Path) -> None:
    (folder / "trees.txt").rename(folder.parent / "trees.txt")
    (folder / "trees.txt").symlink_to(folder.parent / "trees.txt")


def pipe(folder: Path) -> None:
    (folder / "trees.txt").unlink()
    os.mkfifo(folder / "trees.txt")


def folder_for_file(folder: Path) -> None:
    (folder / "trees.txt").unlink()
    (folder / "trees.txt").mkdir()


def traversal(folder: Path) -> None:
    resign(folder, lambda manifest: manifest["files"].update({"../up.txt": manifest["files"].pop("trees.txt")}))


def absolute(folder: Path) -> None:
    resign(folder, lambda manifest: manifest["files"].update({"/etc/passwd": manifest["files"].pop("trees.txt")}))


def unsigned_change(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace("conduct", "forced!"))


def no_signature(folder: Path) -> None:
    (folder / "manifest.sig").unlink()


def foreign_signature(folder: Path) -> None:
    other = Ed25519PrivateKey.generate()
    (folder / "manifest.sig").write_bytes(other.sign((folder / "manifest.json").read_bytes()))


def huge_manifest(folder: Path) -> None:
    resign(folder, lambda manifest: manifest.update(metadata="x" * (2 << 20)))


def other_format(folder: Path) -> None:
    resign(folder, lambda manifest: manifest.update(format=2))


def manifest_is_a_list(folder: Path) -> None:
    resign(folder, lambda _: [1])


def too_many_files(folder: Path) -> None:
    resign(folder, lambda manifest: manifest["files"].update({f"t{i}.txt": {} for i in range(99)}))


def entry_without_hash(folder: Path) -> None:
    resign(folder, lambda manifest: manifest["files"].update({"trees.txt": {"bytes": 3}}))


def oversized_header(folder: Path) -> None:
    resign_file(folder, "arrays.safetensors", (1 << 40).to_bytes(8, "little") + b"{}")


def broken_header(folder: Path) -> None:
    resign_file(folder, "arrays.safetensors", (2).to_bytes(8, "little") + b"{]")


def nan_in_values(folder: Path) -> None:
    resign_file(folder, "values.json", b'{"cut": NaN}')


def key_twice(folder: Path) -> None:
    resign_file(folder, "values.json", b'{"cut": 1, "cut": 2}')


def text_not_utf8(folder: Path) -> None:
    resign_file(folder, "trees.txt", b"\xff\xfe")


def skops_file_of(schema: dict[str, Any], **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def skops_that_runs_a_command(folder: Path) -> None:
    schema = {"__class__": "system", "__module__": "posix", "__loader__": "FunctionNode", "content": {}, "__id__": 1}
    resign_file(folder, "forest.skops", skops_file_of(schema))


def skops_with_a_hidden_type(folder: Path) -> None:
    inner = {"__class__": "Popen", "__module__": "subprocess", "__loader__": "TypeNode", "__id__": 2}
    schema = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [inner], "__id__": 1}
    resign_file(folder, "forest.skops", skops_file_of(schema))


def skops_with_a_pickle_inside(folder: Path) -> None:
    schema = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [], "__id__": 1}
    resign_file(folder, "forest.skops", skops_file_of(schema, model__pkl=pickle.dumps(Bomb())))


def skops_that_is_no_zip(folder: Path) -> None:
    resign_file(folder, "forest.skops", b"PK not really")


def skops_with_a_missing_array(folder: Path) -> None:
    schema = {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "numpy",
        "file": "1.npy",
    }
    resign_file(folder, "forest.skops", skops_file_of({**schema, "__id__": 1}))


@pytest.mark.parametrize(
    ("hostile", "named"),
    [
        (flipped_bit, "arrays.safetensors"),
        (other_length, "trees.txt"),
        (longer_than_signed, "trees.txt"),
        (missing, "trees.txt"),
        (extra_pickle, "model.pkl"),
        (signed_pickle, "model.pkl"),
        (link_to_the_same_bytes, "trees.txt"),
        (pipe, "trees.txt"),
        (folder_for_file, "trees.txt"),
        (traversal, "../up.txt"),
        (absolute, "/etc/passwd"),
        (unsigned_change, "manifest.json"),
        (no_signature, "manifest.sig"),
        (foreign_signature, "manifest.json"),
        (huge_manifest, "manifest.json"),
        (other_format, "manifest.json"),
        (manifest_is_a_list, "manifest.json"),
        (too_many_files, "manifest.json"),
        (entry_without_hash, "trees.txt"),
        (oversized_header, "the header of arrays.safetensors claims"),
        (broken_header, "arrays.safetensors"),
        (nan_in_values, "values.json"),
        (key_twice, "values.json"),
        (text_not_utf8, "trees.txt"),
        (skops_that_runs_a_command, "posix.system"),
        (skops_with_a_hidden_type, "subprocess.Popen"),
        (skops_with_a_pickle_inside, "model.pkl"),
        (skops_that_is_no_zip, "forest.skops"),
        (skops_with_a_missing_array, "forest.skops"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_hostile_folder_is_refused_and_the_file_is_named(
    hostile: Callable[[Path], None], named: str, folder: Path
) -> None:
    hostile(folder)
    with pytest.raises(UntrustedArtifact) as refused:
        artifacts.load(folder, PUBLIC)
    assert named in str(refused.value)
    assert not TRACE.exists()


def test_a_link_to_a_good_folder_and_no_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    for path in (tmp_path / "link", tmp_path / "nothing"):
        with pytest.raises(UntrustedArtifact, match=path.name):
            artifacts.load(path, PUBLIC)


def test_a_skops_file_that_unpacks_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = skops_file_of({}, a__npy=b"0" * 100)
    monkeypatch.setattr(skops_file, "MAX_UNPACKED_BYTES", 50)
    with pytest.raises(UntrustedArtifact, match="unpacks"):
        skops_file.decode("a.skops", content)
    monkeypatch.setattr(skops_file, "MAX_UNPACKED_BYTES", 5000)
    monkeypatch.setattr(skops_file, "MAX_SCHEMA_BYTES", 1)
    with pytest.raises(UntrustedArtifact, match="schema"):
        skops_file.decode("a.skops", content)


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


def test_of_two_first_uses_at_once_one_key_wins(tmp_path: Path) -> None:
    won = keys.signing_key(tmp_path)
    keys._make(tmp_path)
    assert keys.signing_key(tmp_path).private_bytes_raw() == won.private_bytes_raw()


def test_without_a_public_key_nothing_can_be_verified(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="train a model"):
        keys.public_key(tmp_path)
