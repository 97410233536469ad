"""A trained model as a signed folder that gives back what was trained, or is not signed at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from data_contracts.errors import UnfitModel
from data_contracts.settings import Settings
from models import artifacts, keys
from models.artifacts import Parts


class Signable(Protocol):
    """A model that comes apart into plain parts, and comes back from them."""

    def to_parts(self) -> Parts:
        """Plain parts."""
        ...

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """The same model."""
        ...


def signed(
    folder: Path, model: Signable, about: Mapping[str, Any], settings: Settings, beside: Mapping[str, Any] | None = None
) -> Path:
    """Sign the model into a new `folder`, with `about` as its metadata and the JSON values `beside` it; the folder.

    What was signed is read again as a service would, and must come apart into the very parts of the model that was
    checked: names in the same order (columns are found by their place), numbers to the bit. A model that answers
    otherwise than it was judged is the worst that a gate could let through.
    Raises UnfitModel where it does not.
    """
    parts = model.to_parts()
    key = keys.signing_key(settings.keys_dir)
    place = artifacts.save(folder, replace(parts, json=parts.json | dict(beside or {})), about, key)
    again, _ = artifacts.load(place, key.public_key())
    changed = first_difference(parts, type(model).from_parts(again).to_parts())
    if changed:
        name = about.get("name", folder.name)
        raise UnfitModel(f"{name}, read from its files, differs from what was trained: {changed}")
    return place


def first_difference(one: Parts, other: Parts) -> str:
    """Where two models' parts differ first, the order of names counted; empty where they do not.

    >>> first_difference(Parts(json={"levels": {"b": 1, "a": 2}}), Parts(json={"levels": {"a": 2, "b": 1}}))
    'values of levels'
    >>> first_difference(Parts(texts={"trees": "x"}), Parts(texts={"trees": "x"}))
    ''
    """
    if list(one.json) != list(other.json):
        return f"names of values {[name for name in one.json if name not in other.json] or list(other.json)}"
    for name, value in one.json.items():
        if json.dumps(value) != json.dumps(other.json[name]):
            return f"values of {name}"
    for name in sorted({*one.arrays, *other.arrays}):
        if not _same(one.arrays.get(name), other.arrays.get(name)):
            return f"array {name}"
    for name in sorted({*one.texts, *other.texts}):
        if one.texts.get(name) != other.texts.get(name):
            return f"text {name}"
    return ""


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
