"""The API as a page that people read, drawn from the OpenAPI document alone: no script, nothing from anywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving.api.questions import QUESTIONS

TEMPLATES = Path(__file__).parents[1] / "templates"
ORIGIN = "http://127.0.0.1:3017"
REFERENCE = "#/components/schemas/"


@dataclass(frozen=True)
class Part:
    """A piece of a type; a link where it names another schema."""

    text: str
    link: bool = False


def page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    schemas = document["components"]["schemas"]
    return environment.get_template("api.html.j2").render(
        info=document["info"],
        origin=ORIGIN,
        operations=[_operation(*one) for one in _operations(document)],
        schemas=[_schema(name, schemas[name]) for name in sorted(schemas)],
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield path, method.upper(), told


def _operation(path: str, method: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    answer = told["responses"]["200"]["content"].get("application/json", {})
    references = [media["schema"].get("$ref") for media in (body, answer) if media]
    examples = [json.dumps(one["value"], ensure_ascii=False) for one in body.get("examples", {}).values()]
    scopes = {question.path: question.scope for question in QUESTIONS}
    return {
        "id": told["operationId"],
        "path": path,
        "method": method,
        "summary": told["summary"],
        "description": told["description"],
        "scope": scopes.get(path, ""),
        "example": examples[0] if examples else "",
        "schemas": [one.removeprefix(REFERENCE) for one in references if one],
        "problems": [
            (status, one["$ref"].rsplit("/", 1)[-1]) for status, one in told["responses"].items() if "$ref" in one
        ],
    }


def _schema(name: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    required = set(schema.get("required", ()))
    return {
        "name": name,
        "description": schema.get("description", ""),
        "words": schema.get("enum", []),
        "fields": [
            {
                "name": field,
                "required": field in required,
                "parts": list(_type(told)),
                "description": told.get("description", ""),
            }
            for field, told in schema.get("properties", {}).items()
        ],
    }


def _type(told: Mapping[str, Any]) -> Iterator[Part]:
    """A JSON Schema type in few words.

    >>> [part.text for part in _type({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]})]
    ['[', 'string', ']', '|', 'null']
    """
    if "$ref" in told:
        yield Part(told["$ref"].removeprefix(REFERENCE), link=True)
    elif "anyOf" in told or "oneOf" in told:
        for place, one in enumerate(told.get("anyOf") or told["oneOf"]):
            if place:
                yield Part("|")
            yield from _type(one)
    elif told.get("type") == "array":
        yield Part("[")
        yield from _type(told.get("items", {}))
        yield Part("]")
    elif "const" in told or "enum" in told:
        yield Part(" | ".join(json.dumps(one, ensure_ascii=False) for one in told.get("enum", [told.get("const")])))
    else:
        yield Part(f"{told.get('type', '…')}{' ' + told['format'] if 'format' in told else ''}")
