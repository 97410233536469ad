"""How problems look at the pages: in words, with the way on, whatever went wrong and wherever."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving.api.problems import KINDS, ProblemError
from serving.pages.telling import Teller

PREFIX = "/pages"
SIGN_IN = "/pages/sign-in"
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

    def of(self, problem: ProblemError, request_id: str) -> tuple[int, Mapping[str, str], bytes]:
        """The page of a problem; whoever has to show who they are is led to where they can."""
        if problem.status == 401:
            return 303, {"location": SIGN_IN, "content-length": "0"}, b""
        body = problem_page(problem, request_id, Teller("zh"), both=True).encode()
        return problem.status, {**problem.all_headers(), **HEADERS}, body


def problem_page(problem: ProblemError, request_id: str, tell: Teller, *, both: bool = False) -> str:
    """The page of a problem, in the reader's language or in both."""
    kind = KINDS[problem.code].text
    details = [] if problem.detail == kind else [problem.detail]
    return templates().get_template("problem.html.j2").render(
        tell=tell, texts=[kind, *details], errors=problem.errors, request_id=request_id, both=both,
        english=Teller("en"),
    )  # fmt: skip
