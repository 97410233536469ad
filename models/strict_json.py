"""JSON that means one thing to every reader: what is signed is parsed by nothing looser."""

from __future__ import annotations

import json
import math
from typing import Any

from data_contracts.errors import UntrustedArtifact

LARGEST_INT = 1 << 63  # what 64 bits can hold


def strict_json(text: bytes | str, name: str) -> Any:
    """UTF-8 JSON without NaN, infinities, numbers beyond 64 bits or repeated keys; raises UntrustedArtifact.

    >>> strict_json('{"a": 1}', "values.json")
    {'a': 1}
    """

    def no_constant(word: str) -> None:
        raise ValueError(f"{word} is not a number")

    def finite(digits: str) -> float:
        number = float(digits)
        if not math.isfinite(number):
            raise ValueError("a number is larger than any that can be reckoned with")
        return number

    def whole(digits: str) -> int:
        number = int(digits)
        if not -LARGEST_INT <= number < LARGEST_INT:
            raise ValueError("a whole number has more than 64 bits")
        return number

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        return json.loads(
            text if isinstance(text, str) else text.decode(),  # json guesses UTF-16
            parse_constant=no_constant, parse_float=finite, parse_int=whole, object_pairs_hook=unique,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise UntrustedArtifact(f"{name} is not strict JSON: {type(error).__name__}") from error
