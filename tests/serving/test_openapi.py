"""The description of the API: every schema and every field of it in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from serving.api.openapi import document

BOTH = re.compile(r"[\u4e00-\u9fff].* / .*[a-z]", re.DOTALL)  # Chinese first, then English


def test_every_field_is_described_in_both_languages() -> None:
    schemas = json.loads(document())["components"]["schemas"]
    fields = [field for name, schema in schemas.items() for field in _fields(name, schema)]
    assert len(fields) > 100
    assert [place for place, described in fields if not BOTH.search(described)] == []


def _fields(name: str, schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, told in schema.get("properties", {}).items():
        yield f"{name}.{field}", told.get("description", "")
