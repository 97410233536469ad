"""Bodies: what is refused, with the field named and no value repeated."""

from __future__ import annotations

import json

import pytest

from serving.api.field_faults import MAY_STAND
from serving.api.openapi import document
from serving.api.problems import ProblemError
from serving.api.strict_body import UNNAMED, parse
from serving.risk.schemas import RiskRequest
from serving.schemas import Body, NextPostsRequest


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b"\xef\xbb\xbf{}", 400, None),
        (b"[" * 100_000, 400, None),
        (b'{"officer_ids": ["a"]} {}', 400, None),
        (b"[]", 422, ""),
        (b"null", 422, ""),
        (b"{}", 422, "officer_ids"),
        (b'{"officer_ids": []}', 422, "officer_ids"),
        (b'{"officer_ids": "a"}', 422, "officer_ids"),
        (b'{"officer_ids": [7]}', 422, "officer_ids[0]"),
        (b'{"officer_ids": ["a", ""]}', 422, "officer_ids[1]"),
        (b'{"officer_ids": ["a b"]}', 422, "officer_ids[0]"),
        (b'{"officer_ids": ["a\\nb"]}', 422, "officer_ids[0]"),
        (b'{"officer_ids": ["a\\u0000"]}', 422, "officer_ids[0]"),
        (json.dumps({"officer_ids": ["x" * 65]}).encode(), 422, "officer_ids[0]"),
        (json.dumps({"officer_ids": ["x"] * 201}).encode(), 422, "officer_ids"),
        (b'{"officer_ids": ["a"], "extra": 1}', 422, "extra"),
        (b'{"officer_ids": ["a"], "officer_ids": ["b"]}', 422, "officer_ids"),
        (b'{"officer_ids": ["a"], "as_of": "2026-13-01"}', 422, "as_of"),
        (b'{"officer_ids": ["a"], "as_of": 20260101}', 422, "as_of"),
        (b'{"officer_ids": ["a"], "outcomes": []}', 422, "outcomes"),
        (b'{"officer_ids": ["a"], "outcomes": ["crime"]}', 422, "outcomes[0]"),
        (b'{"officer_ids": NaN}', 422, "officer_ids"),
        (b'{"officer_ids": ["a", NaN]}', 422, "officer_ids[1]"),
        (b'{"officer_ids": ["a"], "as_of": {"day": [-Infinity]}}', 422, "as_of.day[0]"),
        (b'{"officer_ids": 1e999}', 422, "officer_ids"),
        (b'{"officer_ids": ["a"], "as_of": ' + b"9" * 5000 + b"}", 422, "as_of"),
        (b'{"officer_ids": ["a", "\\ud800"]}', 422, "officer_ids[1]"),
        (b'{"officer_ids": ["a"], "\\udfff": 1}', 422, UNNAMED),
        (b'{"officer_ids": ["a"], "as_of": {"day": 1, "day": 2}}', 422, "as_of.day"),
        (b"[" * 500 + b"NaN" + b"]" * 500, 422, "[0]" * 21 + "["),
        (b"NaN", 422, ""),
        (b'{"request": {"officer_ids": ["a"]}}', 422, "officer_ids"),
    ],
)
def test_a_wrong_body_is_refused_and_the_field_named(body: bytes, status: int, field: str | None) -> None:
    with pytest.raises(ProblemError) as refused:
        parse(body, RiskRequest)
    assert refused.value.status == status
    assert [error.field for error in refused.value.errors][:1] == ([] if field is None else [field])


def test_every_unclear_place_is_named_in_an_answer_that_can_be_written() -> None:
    with pytest.raises(ProblemError) as refused:
        parse(b'{"officer_ids": ["\\ud800", Infinity], "\\ud801": NaN, "as_of": NaN}', RiskRequest)
    told = json.loads(refused.value.body("r"))
    assert told["status"] == 422
    assert [error["field"] for error in told["errors"]][-3:] == ["officer_ids[1]", UNNAMED, "as_of"]
    whole = parse('{"officer_ids": ["\\ud83d\\ude00", "警"]}'.encode(), RiskRequest)
    assert whole.officer_ids == ["\U0001f600", "警"]


class _Weighed(Body):
    """A body with a number of any size."""

    weight: float


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"NaN", b"Infinity"])
def test_a_number_is_a_number_also_where_any_number_may_stand(number: bytes) -> None:
    with pytest.raises(ProblemError) as refused:
        parse(b'{"weight": ' + number + b"}", _Weighed)
    assert [error.field for error in refused.value.errors] == ["weight"]
    assert parse(b'{"weight": 1e300}', _Weighed).weight == 1e300


@pytest.mark.parametrize("name", ["o-00062512", "张三", "P12345", "a b", "x" * 65])
def test_what_cannot_be_a_field_is_not_named_for_it_may_be_somebody(name: str) -> None:
    with pytest.raises(ProblemError) as refused:
        parse(json.dumps({"officer_ids": ["a"], name: name}).encode(), RiskRequest)
    assert [error.field for error in refused.value.errors] == [UNNAMED]


@pytest.mark.parametrize("top", [0, 21, "5", 1.5, True, None])
def test_the_number_of_posts_is_a_small_whole_number(top: object) -> None:
    with pytest.raises(ProblemError) as refused:
        parse(json.dumps({"officer_ids": ["a"], "top": top}).encode(), NextPostsRequest)
    assert refused.value.errors[0].field == "top"


def test_the_value_is_never_repeated() -> None:
    body = {"officer_ids": [{"name": "SECRET"}], "as_of": "SECRET", "outcomes": ["SECRET"]}
    with pytest.raises(ProblemError) as refused:
        parse(json.dumps(body).encode(), RiskRequest)
    assert "SECRET" not in refused.value.body("r").decode()
    assert len(refused.value.errors) == 3


def test_a_full_body_is_read() -> None:
    body = '{"officer_ids": ["o-1", "警-2", "o-1"], "as_of": "2026-11-01", "outcomes": ["conduct"]}'.encode()
    request = parse(body, RiskRequest)
    assert request.officer_ids == ["o-1", "警-2", "o-1"]
    assert str(request.as_of) == "2026-11-01"
    assert len(parse(json.dumps({"officer_ids": ["x"] * 200}).encode(), RiskRequest).officer_ids) == 200


def test_which_characters_may_stand_is_said_in_words() -> None:
    """In both languages, and for every pattern that any schema has."""
    with pytest.raises(ProblemError) as refused:
        parse(b'{"officer_ids": ["a b"]}', RiskRequest)
    (fault,) = refused.value.errors
    assert fault.message.endswith("no space, line break, tab or other control character; any other may")
    assert "不得含空格" in fault.message_zh
    told, waiting = set[str](), [json.loads(document())]
    while waiting:
        part = waiting.pop()
        told |= {part["pattern"]} if isinstance(part, dict) and isinstance(part.get("pattern"), str) else set()
        waiting += list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []
    assert told <= set(MAY_STAND)


@pytest.mark.parametrize(
    ("field", "value", "zh", "en"),
    [
        ("horizon_months", "24", "收到的是数字：请用 [ ] 括起", "a number came in: write [ ] around it"),
        ("horizon_months", "24.5", "收到的是数字：请用 [ ] 括起", "a number came in: write [ ] around it"),
        ("outcomes", '"strain"', "收到的是字符串：请用 [ ] 括起", "a text came in: write [ ] around it"),
        ("officer_ids", "true", "收到的是 true 或 false：", "true or false came in: "),
        ("officer_ids", '{"a": 1}', "收到的是对象：", "an object came in: "),
        ("officer_ids", "null", "收到的是 null：请写成 [ ]", "null came in: write [ ] around what it holds"),
    ],
)
def test_one_value_where_a_list_is_asked_is_told_how_a_list_is_written(
    field: str, value: str, zh: str, en: str
) -> None:
    """Pydantic's `Input should be a valid array` tells nobody to write [24] for 24."""
    asked = {"officer_ids": '["a"]', field: value}
    body = "{" + ", ".join(f'"{name}": {one}' for name, one in asked.items()) + "}"
    with pytest.raises(ProblemError) as refused:
        parse(body.encode(), RiskRequest)
    (error,) = refused.value.errors
    assert error.field == field
    assert error.message.startswith(f"must be a list, and {en}")
    assert error.message_zh.startswith(f"须为数组，{zh}")
    assert "strain" not in error.message + error.message_zh
