"""A request body as one of our schemas, or a refusal that names the field. Nothing is guessed or coerced."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

from pydantic import ValidationError

from serving.problems import ProblemError
from serving.schemas import Body, FieldProblem

MAX_NAMED = 20
MAX_FIELD = 64
Schema = TypeVar("Schema", bound=Body)


class _UnclearError(ValueError):
    """JSON that two readers would understand differently."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def parse(body: bytes, schema: type[Schema]) -> Schema:
    """The body as `schema`; raises ProblemError with 400 for what is no JSON and 422 for what has wrong content.

    >>> from serving.risk_schemas import RiskRequest
    >>> parse(b'{"officer_ids": ["o-1"]}', RiskRequest).officer_ids
    ['o-1']
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except _UnclearError as unclear:
        raise ProblemError("invalid_input", errors=[FieldProblem(field=unclear.field, message=str(unclear))]) from None
    except (ValueError, RecursionError):  # the text of these errors quotes the body, so it is not passed on
        raise ProblemError("malformed_json") from None
    if not isinstance(value, dict):
        raise ProblemError("invalid_input", errors=[FieldProblem(field="", message="the body must be one JSON object")])
    try:
        return schema.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise ProblemError("invalid_input", errors=_named(error)) from None


def _named(error: ValidationError) -> list[FieldProblem]:
    """Where and what, without the value that came in."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [FieldProblem(field=_path(one["loc"]), message=one["msg"]) for one in found[:MAX_NAMED]]


def _path(loc: tuple[int | str, ...]) -> str:
    """A place in the body, as people write it.

    >>> _path(("officer_ids", 3))
    'officer_ids[3]'
    """
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text[:MAX_FIELD]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _UnclearError(key[:MAX_FIELD], "this field stands twice")
        seen.add(key)
    return dict(pairs)


def _no_constant(word: str) -> float:
    raise _UnclearError("", f"{word} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _UnclearError("", "a number is too large")
    return number
