"""A request body as one of our schemas, or a refusal that names the field. Nothing is guessed or coerced."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError

from data_contracts.vocabulary import Bilingual
from serving.api.field_faults import said
from serving.api.problems import ProblemError
from serving.schemas import Body, FieldProblem

MAX_NAMED = 20
MAX_FIELD = 64
MAX_DIGITS = 300
FIELD = re.compile(r"[A-Za-z_]{1,64}")  # what a field can be called; anything else may be an id or a name of somebody
UNNAMED = "(a field that is not described)"
TOO_LARGE = Bilingual("数字过大", "a number is too large")
HALF = Bilingual("半个代理对不是字符", "half of a surrogate pair is no character")
TWICE = Bilingual("此字段出现两次", "this field stands twice")
NO_OBJECT = Bilingual("请求体须为一个 JSON 对象", "the body must be one JSON object")
Schema = TypeVar("Schema", bound=Body)


@dataclass(frozen=True)
class _Unclear:
    """Stands where two readers of the same JSON would understand different things, and says why."""

    because: Bilingual


def parse(body: bytes, schema: type[Schema]) -> Schema:
    """The body as `schema`; raises ProblemError with 400 for what is no JSON and 422 for what has wrong content.

    >>> from serving.risk.schemas import RiskRequest
    >>> parse(b'{"officer_ids": ["o-1"]}', RiskRequest).officer_ids
    ['o-1']
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=lambda word: _Unclear(Bilingual(f"{word} 不是 JSON 数字", f"{word} is not a JSON number")),
            parse_float=_finite,
            parse_int=_short,
        )
    except (ValueError, RecursionError):  # the text of these errors quotes the body, so it is not passed on
        raise ProblemError("malformed_json") from None
    if unclear := [_told(place, why) for place, why in islice(_unclear(value), MAX_NAMED)]:
        raise ProblemError("invalid_input", errors=unclear)
    if not isinstance(value, dict):
        raise ProblemError("invalid_input", errors=[_told("", NO_OBJECT)])
    try:
        return schema.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise ProblemError("invalid_input", errors=_named(error)) from None


def _named(error: ValidationError) -> list[FieldProblem]:
    """Where and what; of the value that came in no more than its kind."""
    found = error.errors(include_url=False)
    return [_told(_path(one["loc"]), said(one)) for one in found[:MAX_NAMED]]


def _told(place: str, why: Bilingual) -> FieldProblem:
    return FieldProblem(field=place, message=why.en, message_zh=why.zh)


def _path(loc: tuple[int | str, ...]) -> str:
    """A place in the body, as people write it.

    >>> _path(("officer_ids", 3))
    'officer_ids[3]'
    """
    text = ""
    for part in loc:
        told = part if isinstance(part, int) or FIELD.fullmatch(part) else UNNAMED
        text += f"[{told}]" if isinstance(told, int) else f".{told}" if text else told
    return text[:MAX_FIELD]


def _unclear(body: Any) -> Iterator[tuple[str, Bilingual]]:
    """Every place, in the body's order, that cannot be understood in one way only, and why; no call for each level.

    >>> [(place, why.en) for place, why in _unclear({"as_of": [1, _Unclear(TWICE)]})]
    [('as_of[1]', 'this field stands twice')]
    """
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), body)]
    while waiting:
        loc, value = waiting.pop()
        if isinstance(value, _Unclear):
            yield _path(loc), value.because
        elif isinstance(value, str) and not _is_text(value):
            yield _path(loc), HALF
        elif isinstance(value, dict):
            yield from ((_path((*loc, _shown(key))), HALF) for key in value if not _is_text(key))
            waiting += [((*loc, _shown(key)), part) for key, part in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*loc, place), value[place]) for place in reversed(range(len(value)))]


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: half of a surrogate pair cannot."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _shown(key: str) -> str:
    """A key of the body as it can be written in an answer.

    >>> _shown("as_of"), _shown(chr(0xD800))
    ('as_of', '\\\\ud800')
    """
    return key[:MAX_FIELD].encode("utf-8", "backslashreplace").decode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Unclear(TWICE) if key in found else value
    return found


def _finite(text: str) -> float | _Unclear:
    number = float(text)
    return number if math.isfinite(number) else _Unclear(TOO_LARGE)


def _short(text: str) -> int | _Unclear:
    """Whole numbers of any sensible length: turning endless digits into a number takes endless time."""
    return int(text) if len(text) <= MAX_DIGITS else _Unclear(TOO_LARGE)
