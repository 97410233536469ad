"""Boosted trees from LightGBM's own text, checked first: the library follows what the text says into its memory.

A text that was cut, mixed up or written by hand can make it read beyond its memory, walk in circles or ask for all the
memory there is. So each tree must be a tree: every node reached once from its root, every number finite (but a
threshold that parts what is missing from the rest), every feature one that there is, and every size what the header
says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from data_contracts.errors import UntrustedArtifact

if TYPE_CHECKING:
    from lightgbm import Booster

VERSION, END = "v4", "end of trees\n"
MAX_FEATURES, MAX_LEAVES, MAX_TREES = 100_000, 4096, 100_000
OBJECTIVE = re.compile(r"(cross_entropy|binary|regression|lambdarank|rank_xendcg)( [a-z_]+:[0-9.eE+-]+)*")
HEADER = frozenset({
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective", "feature_names",
    "feature_infos", "tree_sizes", "monotone_constraints",
})  # fmt: skip
BY_SPLIT = (
    "split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child", "internal_value",
    "internal_weight", "internal_count",
)  # fmt: skip
BY_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
TREE = frozenset({*BY_SPLIT, *BY_LEAF, "num_leaves", "num_cat", "is_linear", "shrinkage"})
OPTIONAL = frozenset({"leaf_weight", "leaf_count", "internal_weight", "internal_count"})


def booster(name: str, text: str) -> Booster:
    """The trees of a part; raises UntrustedArtifact naming the part and what is wrong with it."""
    try:
        check(text)
    except (ValueError, KeyError, IndexError) as error:
        raise UntrustedArtifact(
            f"{name}.txt is no text of trees ({error}); train and register the model again"
        ) from error
    import lightgbm

    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
        raise UntrustedArtifact(f"{name}.txt cannot be read as trees: {type(error).__name__}") from error


def check(text: str) -> None:
    """Whether a text is one of trees that LightGBM may be given; raises ValueError or KeyError saying why not."""
    if not text.isascii() or "\0" in text:
        raise ValueError("it has letters that are not ASCII")
    start = text.find("\n\nTree=0\n") + 2
    first, _, told = text[: max(start - 2, 0)].partition("\n")
    if first != "tree" or start < 2:
        raise ValueError("it does not begin as trees do")
    header = _pairs(told, HEADER)
    features = _header(header)
    sizes = [_count(one, len(text)) for one in header["tree_sizes"].split(" ")]
    if len(sizes) > MAX_TREES:
        raise ValueError(f"it has more than {MAX_TREES} trees")
    for number, size in enumerate(sizes):
        lead, _, tree = text[start : start + size].partition("\n")
        if lead != f"Tree={number}" or len(tree) + len(lead) + 1 != size:
            raise ValueError(f"tree {number} does not lie where the header says")
        _tree(number, _pairs(tree.rstrip("\n"), TREE), features)
        start += size
    if not text.startswith(END, start):
        raise ValueError("it does not end after its last tree")


def _header(header: Mapping[str, str]) -> int:
    """How many features there are."""
    if (header["version"], header["num_class"], header["num_tree_per_iteration"]) != (VERSION, "1", "1"):
        raise ValueError("it is of another version, or of several classes")
    if not OBJECTIVE.fullmatch(header["objective"]):
        raise ValueError("its objective is none of ours")
    features = _count(header["max_feature_idx"], MAX_FEATURES) + 1
    if any(len(header[key].split(" ")) != features for key in ("feature_names", "feature_infos")):
        raise ValueError("it does not name each of its features")
    rising = header.get("monotone_constraints", "0" + " 0" * (features - 1)).split(" ")
    if len(rising) != features or not set(rising) <= {"-1", "0", "1"}:
        raise ValueError("it does not say of each of its features whether it may only rise")
    return features


def _tree(number: int, told: Mapping[str, str], features: int) -> None:
    """One tree: sizes, numbers and shape."""
    leaves = _count(told["num_leaves"], MAX_LEAVES)
    if leaves < 1 or told["num_cat"] != "0" or told["is_linear"] != "0":
        raise ValueError(f"tree {number} has no leaves, or splits or leaves of a kind that ours have not")
    for key in (*BY_SPLIT, *BY_LEAF):
        values, wanted = told[key].split(), leaves - (key in BY_SPLIT)
        if len(values) != wanted and not (key in OPTIONAL and not values) and not (leaves == 1 and key in BY_LEAF[1:]):
            raise ValueError(f"tree {number} has {len(values)} of {key}, not {wanted}")
        if key != "threshold" and not all(math.isfinite(float(value)) for value in values):
            raise ValueError(f"tree {number} has a {key} that is no number")
    if not math.isfinite(float(told["shrinkage"])):
        raise ValueError(f"tree {number} has a shrinkage that is no number")
    for value in told["split_feature"].split():
        _count(value, features - 1)
    for value, limit in zip(told["decision_type"].split(), told["threshold"].split(), strict=True):
        if _count(value, 127) & 1:
            raise ValueError(f"tree {number} splits by category, which ours do not")
        if not _limits(float(limit), int(value)):
            raise ValueError(f"tree {number} has a threshold that is no number")
    _shape(number, leaves, *([int(one) for one in told[side].split()] for side in ("left_child", "right_child")))


def _limits(threshold: float, decision: int) -> bool:
    """Whether a split can be at this threshold.

    LightGBM itself writes an infinite one where it parts what is missing from all that is recorded: every number lies
    at or below it, and NaN goes the other way. That takes a split that knows NaN as missing (bits 2 and 3 are 2).

    >>> _limits(0.5, 2), _limits(math.inf, 8), _limits(math.inf, 2), _limits(-math.inf, 8), _limits(math.nan, 8)
    (True, True, False, False, False)
    """
    return math.isfinite(threshold) or (threshold == math.inf and decision >> 2 & 3 == 2)


def _shape(number: int, leaves: int, left: Sequence[int], right: Sequence[int]) -> None:
    """Every split but the first and every leaf hangs once, below a split that was made earlier."""
    hung = sorted([*left, *right])
    if leaves > 1 and hung != [*range(-leaves, 0), *range(1, leaves - 1)]:
        raise ValueError(f"tree {number} is no tree: a node hangs twice or nowhere")
    for place, below in enumerate(zip(left, right, strict=True)):
        if any(0 <= child <= place for child in below):
            raise ValueError(f"tree {number} is no tree: it leads back to where it came from")


def _pairs(text: str, known: frozenset[str]) -> dict[str, str]:
    """`key=value` by line; raises ValueError for a key that is not known or stands twice."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        if key not in known or key in found:
            raise ValueError(f"a line begins with {key[:40]!a}, which stands twice or is none of ours")
        found[key] = value
    return found


def _count(text: str, most: int) -> int:
    """A whole number from 0 to `most`."""
    if not text.isdigit() or len(text) > 12 or int(text) > most:
        raise ValueError(f"{text[:40]!a} is no number from 0 to {most}")
    return int(text)
