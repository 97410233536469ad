"""The description of the API in OpenAPI 3.1, in both languages, made from the schemas that check the requests.

The examples name officers of the simulated bureau, so that they work as they stand after `pharos demo`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.problems import BY_STATUS, KINDS, MEDIA_TYPE
from serving.risk_schemas import RiskAnswer, RiskRequest
from serving.schemas import (
    Health,
    ModelsAnswer,
    NextPostsAnswer,
    NextPostsRequest,
    Problem,
    Readiness,
)
from serving.unit_schemas import UnitsAnswer, UnitsRequest

REFERENCE = "#/components/schemas/{model}"
EXAMPLE_UNITS = ["u-0", "u-0-1", "u-0-1-1-1"]  # the bureau, a sub-bureau, a community too small to be graded
EXAMPLE_OFFICERS = ["o-00181089", "o-00373056", "nobody"]
SCHEMAS: tuple[type[BaseModel], ...] = (
    RiskRequest,
    RiskAnswer,
    NextPostsRequest,
    NextPostsAnswer,
    UnitsRequest,
    UnitsAnswer,
    ModelsAnswer,
    Health,
    Readiness,
    Problem,
)
ALWAYS = (403, 405, 431, 500)
ANSWERS = (429, 503, 504)
BODIES = (400, 408, 413, 415, 422)
ABOUT = """给人事部门的职业指引与关爱预警。预警只是关爱提示，任何处理都由人决定；「未评分」从不表示低风险。
请求与应答都是一个 JSON 对象；列表进、列表出，顺序不变，每人一项结果。错误一律为 application/problem+json。

Career guidance and early support for personnel departments. A warning is a support prompt; people decide, and
"not scored" never means low risk. One JSON object in, one out; lists in, lists out, in the same order, one result for
each officer. Every error is application/problem+json."""


def document() -> bytes:
    """The OpenAPI document as JSON."""
    _, definitions = models_json_schema(
        [(schema, "validation") for schema in SCHEMAS], ref_template=REFERENCE, title="Pharos"
    )
    text = {
        "openapi": "3.1.0",
        "info": {
            "title": "Pharos 灯塔",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "support", "description": "关爱预警 / early support"},
            {"name": "careers", "description": "职业指引 / career guidance"},
            {"name": "service", "description": "服务状态 / state of the service"},
        ],
        "paths": _paths(),
        "components": {"schemas": definitions["$defs"], "responses": _problems()},
    }
    return json.dumps(text, ensure_ascii=False).encode()


@dataclass(frozen=True)
class _Question:
    """A POST route."""

    name: str
    tag: str
    summary: str
    request: type[BaseModel]
    answer: type[BaseModel]
    example: dict[str, Any]

    def operation(self) -> dict[str, Any]:
        examples = {"demo": {"value": self.example}}
        content = {"application/json": {"schema": _ref(self.request), "examples": examples}}
        return {
            "operationId": self.name,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.request.__doc__,
            "requestBody": {"required": True, "content": content},
            "responses": _responses(self.answer, (*BODIES, *ANSWERS)),
        }


RISK = _Question(
    "risk",
    "support",
    "计算风险与原因 / risk with its reasons",
    RiskRequest,
    RiskAnswer,
    {"officer_ids": EXAMPLE_OFFICERS, "what_if": True},
)
NEXT_POSTS = _Question(
    "nextPosts",
    "careers",
    "建议下一个岗位 / next posts",
    NextPostsRequest,
    NextPostsAnswer,
    {"officer_ids": EXAMPLE_OFFICERS, "top": 3},
)


UNITS = _Question(
    "units",
    "support",
    "单位与块面的等级、趋势与成因 / units and blocks: grade, trend and what drives it",
    UnitsRequest,
    UnitsAnswer,
    {"unit_ids": EXAMPLE_UNITS},
)


def _paths() -> dict[str, Any]:
    return {
        "/v1/risk": {"post": RISK.operation()},
        "/v1/next_posts": {"post": NEXT_POSTS.operation()},
        "/v1/units": {"post": UNITS.operation()},
        "/v1/model": {"get": _get("model", "已加载的模型 / the models loaded", ModelsAnswer, ANSWERS)},
        "/livez": {"get": _get("livez", "进程存活 / the process is alive", Health, ())},
        "/readyz": {"get": _get("readyz", "可以作答 / ready to answer", Readiness, (503,))},
        "/openapi.json": {"get": _description()},
    }


def _get(name: str, summary: str, answer: type[BaseModel], problems: tuple[int, ...]) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["service"],
        "summary": summary,
        "description": answer.__doc__,
        "responses": _responses(answer, problems),
    }


def _description() -> dict[str, Any]:
    operation = _get("openapi", "本说明 / this description", Health, (429, 503))
    operation["description"] = "本说明。 / This description."
    operation["responses"]["200"]["content"] = {"application/json": {"schema": {"type": "object"}}}
    return operation


def _responses(answer: type[BaseModel], problems: tuple[int, ...]) -> dict[str, Any]:
    good = {"description": "应答 / answer", "content": {"application/json": {"schema": _ref(answer)}}}
    refused = {str(status): {"$ref": f"#/components/responses/{BY_STATUS[status]}"} for status in (*problems, *ALWAYS)}
    return {"200": good, **dict(sorted(refused.items()))}


def _problems() -> dict[str, Any]:
    """One response for each status that an error can have."""
    return {
        code: {
            "description": f"{KINDS[code].text.zh} / {KINDS[code].text.en}",
            "content": {MEDIA_TYPE: {"schema": _ref(Problem)}},
        }
        for code in BY_STATUS.values()
    }


def _ref(schema: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=schema.__name__)}
