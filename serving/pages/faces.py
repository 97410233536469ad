"""How problems look at the pages: in words, with the way on, whatever went wrong and wherever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving.api.problems import KINDS, ProblemError
from serving.pages.telling import Teller
from serving.words import Words

PREFIX = "/pages"
SIGN_IN = "/pages/sign-in"
SESSION = "session"  # in a request's state
TEMPLATES = Path(__file__).parent / "templates"
HTML = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {"content-type": HTML, "content-security-policy": POLICY}


def covers(path: str) -> bool:
    """Whether an address is for people.

    >>> covers("/pages"), covers("/pages/unit"), covers("/pagesx"), covers("/v1/risk")
    (True, True, False, False)
    """
    return path == PREFIX or path.startswith(f"{PREFIX}/")


@cache
def templates() -> Environment:
    """The templates; nothing in them is believed to be markup."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


class PageFaces:
    """Problems before anybody knows who reads: in both languages."""

    def covers(self, path: str) -> bool:
        """Whether an address is for people."""
        return covers(path)

    def of(
        self, problem: ProblemError, request_id: str, scope: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """The page of a problem, or what stands where a part of a page would; whoever has to show who they are is led
        to where they can.
        """
        if problem.status == 401:
            return 303, {"location": SIGN_IN, "content-length": "0"}, b""
        if wants_part(scope.get("headers", ())):
            session = scope.get("state", {}).get(SESSION)
            again = scope["path"] + (f"?{query}" if (query := scope.get("query_string", b"").decode("latin-1")) else "")
            body = problem_part(problem, Teller(session.language if session else "zh"), again).encode()
        else:
            body = problem_page(problem, request_id, Teller("zh"), both=True).encode()
        return problem.status, {**problem.all_headers(), **HEADERS}, body


def wants_part(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether htmx asks, to put the answer into a page that is there.

    >>> wants_part([(b"HX-Request", b"true")]), wants_part([])
    (True, False)
    """
    return any(name.lower() == b"hx-request" and value == b"true" for name, value in headers)


def problem_part(problem: ProblemError, tell: Teller, again: str) -> str:
    """What stands where a part of a page would: why it is not there, and a button that asks for it again."""
    texts = texts_of(problem)[: 1 if problem.code == "deadline" else None]  # that nobody waits any more helps nobody
    told = templates().get_template("part_problem.html.j2").render(tell=tell, texts=texts, again=again)
    return str(told)


def problem_page(problem: ProblemError, request_id: str, tell: Teller, *, both: bool = False) -> str:
    """The page of a problem, in the reader's language or in both."""
    return templates().get_template("problem.html.j2").render(
        tell=tell, texts=texts_of(problem), errors=problem.errors, request_id=request_id, both=both,
        english=Teller("en"),
    )  # fmt: skip


def texts_of(problem: ProblemError) -> Sequence[Words]:
    """What went wrong, and what more is said of it."""
    kind = KINDS[problem.code].text
    return [kind] if problem.detail == kind else [kind, problem.detail]
