"""Whatever is wrong is told in Chinese and in English: every kind of problem, every field, every refusal of a desk."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import serving
from data_contracts import errors
from data_contracts.errors import PharosError
from data_contracts.vocabulary import Bilingual, Refusal
from experiments.advice.words import SAID
from experiments.missing_tables import Cost
from models.points.plan_words import loss_text
from models.posts.reasons import moved_here
from serving import waiting
from serving.api.field_faults import OTHER
from serving.api.problems import KINDS, ProblemError, problem_of
from serving.api.questions import QUESTIONS
from serving.api.strict_body import parse
from serving.client.refusals import refusal_of
from serving.concerns.following import _why
from serving.events.answers import WHY as EVENT_FAULTS
from serving.feedback.answers import WHY as FEEDBACK_FAULTS
from serving.pages.telling import Teller
from serving.pages.words import WORDS
from serving.schemas import Body, FieldProblem
from tests.serving.desks import demo_desks
from tests.serving.live import served

CHINESE = re.compile("[\u3400-\u9fff]")
ROOT = Path(serving.__file__).parent.parent
ANSWERED = ("serving", "models/matching", "models/points", "models/talent")
AT_A_COMMAND = {  # said at start or on a command line alone, in its one language
    "serving/access", "serving/night", "serving/deploy", "serving/upgrading", "serving/champions", "serving/client",
    "serving/service.py", "serving/workers.py", "serving/loading.py", "serving/api/admission.py",
    "serving/api/traces.py", "serving/review/erasure.py", "serving/review/commands.py", "models/talent/balance.py",
}  # fmt: skip
WRONG: tuple[Any, ...] = (
    None, True, 7, -1, 0, 1.5, 10**9, "", "SECRET x", "x" * 5000, "2026-13-01", "2026-01-01T10:00:00", [], {}, [None],
    ["SECRET x"], [7], ["a"] * 3000, [{}] * 3000, [{"SECRET": 1}], {"SECRET x": None}, {"a": {"SECRET": 1}},
)  # fmt: skip


def both(zh: str, en: str) -> bool:
    """Whether the one is Chinese and the other is not."""
    return bool(CHINESE.search(zh)) and bool(en) and not CHINESE.search(en)


def bodies(of: type[Body] = Body) -> Iterator[type[Body]]:
    """Every schema of something that comes in."""
    for one in of.__subclasses__():
        if one.__module__.startswith("serving."):
            yield one
            yield from bodies(one)


def faults(body: Any, schema: type[Body]) -> tuple[FieldProblem, ...]:
    """What is said of a body; nothing of one that is well."""
    try:
        parse(json.dumps(body).encode(), schema)
    except ProblemError as refused:
        return refused.errors
    return ()


def test_every_kind_of_problem_says_both() -> None:
    for code, kind in KINDS.items():
        assert both(kind.text.zh, kind.text.en), code
        told = json.loads(ProblemError(code).body("r"))
        assert both(told["zh"], told["en"]), code
        assert both(told["detail_zh"], told["detail"]), code
    for question in QUESTIONS:
        assert question.not_ready is None or both(question.not_ready.zh, question.not_ready.en), question.path


@pytest.mark.parametrize("schema", sorted(bodies(), key=str), ids=str)
def test_every_wrong_field_is_told_in_both_without_its_value(schema: type[Body]) -> None:
    asked = [{name: value} for name in schema.model_fields for value in WRONG]
    for body in [*asked, {"SECRET": 1}]:
        for one in faults(body, schema):
            assert both(one.message_zh, one.message), (body, one)
            assert one.message_zh != OTHER, (body, one)
            assert "SECRET" not in one.message_zh + one.message
    assert faults({"SECRET": 1}, schema)


def test_every_word_of_the_pages_is_said_in_both_and_fills_in_the_same() -> None:
    for name, told in WORDS.items():
        if name in ("language", "language.label"):  # the switch speaks the language that it leads to
            continue
        said = Bilingual(*(re.sub(r"{\w+}", "", text) for text in (told.zh, told.en)))
        assert both(said.zh, said.en) or not re.search(r"\w", said.zh + said.en), name
        fills = [set(re.findall(r"{(\w+)}", text)) for text in (told.zh, told.en)]
        assert fills[0] == fills[1], name


def test_a_page_says_no_word_that_is_not_in_the_one_place() -> None:
    for file in sorted((ROOT / "serving/pages/templates").glob("*.j2")):
        text = file.read_text("utf-8")
        assert not CHINESE.search(re.sub(r"{[{%#].*?[}%#]}", "", text, flags=re.DOTALL)), file.name
        for name in re.findall(r"\bt\(\"([a-z_.]+)\"[,)]", text):
            assert name in WORDS, (file.name, name)


def test_every_reason_an_event_or_a_feedback_is_not_taken_says_both() -> None:
    assert {str(one.value) for one in Refusal} <= set(EVENT_FAULTS)
    assert all(both(why.zh, why.en) for why in EVENT_FAULTS.values())
    assert all(both(why.zh, why.en) for why in FEEDBACK_FAULTS.values())


def test_no_desk_refuses_in_one_language() -> None:
    kinds = {
        name: one for module in (errors, waiting) for name, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, PharosError) and one.status < 500
        and not issubclass(one, errors.PublishRefused | errors.GateRefused)  # told as an error of ours
    }  # fmt: skip
    seen, silent = 0, []
    for path in sorted(file for part in ANSWERED for file in (ROOT / part).rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if any(place == one or place.startswith(f"{one}/") for one in AT_A_COMMAND):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                seen += 1
                if "zh" not in {one.arg for one in node.keywords}:
                    silent.append(f"{place}:{node.lineno}")
    assert seen > 20
    assert silent == []


def test_an_error_without_chinese_of_its_own_says_what_its_kind_says() -> None:
    told = problem_of(errors.InvalidInput("where, what, remedy"))
    assert (told.detail.en, told.detail.zh) == ("where, what, remedy", KINDS["invalid_input"].text.zh)
    own = problem_of(errors.Stale("now", zh="现为"))
    assert (own.detail.en, own.detail.zh) == ("now", "现为")


def test_a_client_hears_both() -> None:
    body = problem_of(errors.Refused("not now", zh="现在不行")).body("r-1")
    told = refusal_of(httpx.Response(409, content=body))
    assert (told.detail, told.detail_zh) == ("not now", "现在不行")


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch, served(demo_desks(risk=False), patch) as client:
        yield client


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: str(one.path))
def test_each_route_tells_its_problems_in_both(client: httpx.Client, question: Any) -> None:
    as_json = {"content-type": "application/json"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("POST", {"content": b"{", "headers": as_json}),
        ("POST", {"content": b"[]", "headers": as_json}),
        ("POST", {"content": b"{}", "headers": {"content-type": "text/plain"}}),
        ("POST", {"content": b" " * 262_145, "headers": as_json}),
        ("POST", {"json": {**question.example, "no_such_field": 1}}),
        ("POST", {"json": {**question.example, "as_of": "2999-01-01"}}),
        ("GET", {}),
    ]
    for method, more in asked:
        answer = client.request(method, question.path, **more)
        told = answer.json()
        if answer.status_code == 200:  # a day that has not come is no error where each result says why
            assert "as_of" in more["json"]
            continue
        assert both(told["zh"], told["en"]), told
        assert both(told["detail_zh"], told["detail"]), told
        assert all(both(one["message_zh"], one["message"]) for one in told["errors"]), told


A_FIGURE = ("day", "month", "year", "hour", "officer", "place", "point", "check", "figure", "alert", "move", "step")
FOLLOWED = re.compile(rf"{{(\w+)}} ({'|'.join(A_FIGURE)})s\b")


@pytest.mark.parametrize("words", [WORDS, SAID], ids=["pages", "advice"])
def test_no_sentence_tells_one_as_several(words: Mapping[str, Bilingual]) -> None:
    """A page read "1 places closes": a figure that may be 1 has its word by `{many:place|places}`."""
    assert [name for name, one in words.items() if FOLLOWED.search(one.en)] == []


@pytest.mark.parametrize(("many", "said"), [(1, "1 place"), ("1", "1 place"), (2, "2 places"), (0, "0 places")])
def test_a_page_tells_one_as_one(many: object, said: str) -> None:
    assert Teller("en").word("posts.vacancy", unit="u", many=many) == f"u: {said}"
    assert Teller("zh").word("posts.vacancy", unit="u", many=many) == f"u：{many}个名额"


def test_sentences_of_answers_tell_one_as_one() -> None:
    assert moved_here(1, 1).en == "1 of 1 move out of your post led here"
    lost: Any = SimpleNamespace(points=1.0, on="2027-01-01", rule=SimpleNamespace(name_zh="荣誉", name_en="honours"))
    assert loss_text(lost).en.endswith("expires: 1 point fewer")
    step: Any = SimpleNamespace(open="resolved")
    to: Any = SimpleNamespace(name_zh="帮助者", name_en="helper")
    assert _why(step, to, 1).en.startswith("raised 1 day ago and")
    assert Cost("t", (), 1, Bilingual("弱", "weaker"), {}).words.en == "weaker; 1 feature stays empty"
