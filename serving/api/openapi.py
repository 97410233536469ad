"""The description of the API in OpenAPI 3.1, in both languages, made from the schemas that check the requests.

The examples name officers of the simulated bureau, so that they work as they stand after `pharos demo`, and the one
case that has the same id everywhere: that of the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.access.credential import AccessScope
from serving.api.problems import BY_STATUS, KINDS, MEDIA_TYPE
from serving.api.questions import QUESTIONS, Question
from serving.sandbox.book import book
from serving.schemas import Health, ModelsAnswer, Problem, Readiness

REFERENCE = "#/components/schemas/{model}"
SCHEMAS: tuple[type[BaseModel], ...] = (
    *(schema for question in QUESTIONS for schema in (question.request, question.answer)),
    ModelsAnswer,
    Health,
    Readiness,
    Problem,
)
ALWAYS = (401, 403, 404, 405, 431, 500)
ANSWERS = (429, 503, 504)
BODIES = (400, 408, 413, 415, 422)
KEY, TOKEN = "apiKey", "accessToken"
SCHEMES: Mapping[str, Mapping[str, str]] = {
    KEY: {
        "type": "apiKey", "in": "header", "name": "x-api-key",
        "description": "由 pharos keys add 签发的密钥；尚未签发任何密钥时只接受本机请求。 / A key made by "
        "`pharos keys add`; while none was ever made, this machine alone may call.",
    },
    TOKEN: {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "统一身份认证签发的访问令牌。 / An access token of the issuer that the deployment names.",
    },
}  # fmt: skip
ABOUT = """给人事部门的职业指引与关爱预警。预警只是关爱提示，任何处理都由人决定；「未评分」从不表示低风险。
请求与应答都是一个 JSON 对象；列表进、列表出，顺序不变，每人一项结果。错误一律为 application/problem+json，
zh、detail_zh 与 message_zh 为中文，en、detail 与 message 为英文。

Career guidance and early support for personnel departments. A warning is a support prompt; people decide, and
"not scored" never means low risk. One JSON object in, one out; lists in, lists out, in the same order, one result for
each officer. Every error is application/problem+json, in Chinese (zh, detail_zh, message_zh)
and in English (en, detail, message)."""


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
            {"name": "rights", "description": "复核与权利 / review and rights"},
            {"name": "careers", "description": "职业指引 / career guidance"},
            {"name": "concerns", "description": "诉求 / concerns"},
            {"name": "service", "description": "服务状态 / state of the service"},
        ],
        "paths": _paths(),
        "components": {
            "schemas": definitions["$defs"],
            "responses": _problems(),
            "securitySchemes": SCHEMES,
        },
    }
    return json.dumps(text, ensure_ascii=False).encode()


def _operation(question: Question) -> dict[str, Any]:
    examples = {"demo": {"value": _example(question)}}
    content = {"application/json": {"schema": _ref(question.request), "examples": examples}}
    return {
        "operationId": question.name,
        "tags": [question.tag],
        "summary": question.summary,
        "description": question.request.__doc__,
        "security": _opened_by(question.scope),
        "requestBody": {"required": True, "content": content},
        "responses": _responses(question.answer, (*BODIES, *ANSWERS, *question.problems)),
    }


def _example(question: Question) -> dict[str, Any]:
    """A body that somewhere gets its answer; ids of cases are made by chance, so only the sandbox's is known before."""
    example, case = dict(question.example), book().answers[question.path].get("case")
    return {**example, "case_id": case["case_id"]} if case and "case_id" in example else example


def _paths() -> dict[str, Any]:
    return {
        **{question.path: {"post": _operation(question)} for question in QUESTIONS},
        "/v1/model": {"get": _get("model", "已加载的模型 / the models loaded", ModelsAnswer, ANSWERS)},
        "/livez": {"get": {**_get("livez", "进程存活 / the process is alive", Health, ()), "security": []}},
        "/readyz": {"get": {**_get("readyz", "可以作答 / ready to answer", Readiness, (503,)), "security": []}},
        "/openapi.json": {"get": _description()},
        "/docs": {"get": _page()},
        "/metrics": {"get": _metrics()},
    }


def _get(name: str, summary: str, answer: type[BaseModel], problems: tuple[int, ...]) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["service"],
        "summary": summary,
        "description": answer.__doc__,
        "security": _opened_by(None),
        "responses": _responses(answer, problems),
    }


def _opened_by(scope: AccessScope | None) -> list[dict[str, list[str]]]:
    """A key or a token, with the scope that it must hold; any known caller where there is none."""
    scopes = [] if scope is None else [str(scope)]
    return [{KEY: scopes}, {TOKEN: scopes}]


def _description() -> dict[str, Any]:
    operation = _get("openapi", "本说明 / this description", Health, (429, 503))
    operation["description"] = "本说明。 / This description."
    operation["responses"]["200"]["content"] = {"application/json": {"schema": {"type": "object"}}}
    return operation


def _page() -> dict[str, Any]:
    operation = _get("docs", "给人看的接口说明 / this description as a page", Health, (429, 503))
    operation["description"] = "接口说明页。 / The description as a page that people read."
    operation["responses"]["200"]["content"] = {"text/html": {"schema": {"type": "string"}}}
    return operation


def _metrics() -> dict[str, Any]:
    operation = _get("metrics", "计数与用时 / counters and times", Health, (429, 503))
    operation["security"] = _opened_by(AccessScope.METRICS_READ)
    operation["description"] = "Prometheus 计数，不含任何编号。 / Counters for Prometheus, without any id."
    operation["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
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
