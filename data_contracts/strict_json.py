"""What JSON for strict readers must not hold: there is no NaN and no infinity in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def without_nan(value: Any) -> Any:
    """The same with null for each figure that could not be measured; lists for tuples.

    >>> without_nan({"a": (1.5, float("nan")), "b": [{"c": float("inf")}]})
    {'a': [1.5, None], 'b': [{'c': None}]}
    """
    if isinstance(value, Mapping):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
