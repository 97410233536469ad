"""The one exception of the client: why a question was not answered, in both languages, with the id to ask about."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from pydantic import ValidationError

from serving.schemas import FieldProblem, Problem

UNREACHABLE, FOREIGN, LATE, UNSENDABLE = "unreachable", "not_pharos", "late", "unsendable"


@dataclass
class RequestRefused(Exception):
    """What went wrong.

    `code` is stable: those of the service, `unreachable` where no answer came, `not_pharos` where something else
    answered, `late` where no whole answer came in the time there was, `unsendable` for a key or token of letters that
    no header can hold. `detail` and `detail_zh` say the place and the remedy. `status` is null where no answer came.
    `retry_after` are the seconds that the service asked to wait.
    """

    code: str
    zh: str
    en: str
    status: int | None = None
    request_id: str = ""
    detail: str = ""
    errors: tuple[FieldProblem, ...] = field(default=())
    retry_after: float | None = None
    detail_zh: str = ""

    def __str__(self) -> str:
        """One line for a log: code, words and request id; never a value that was sent."""
        about = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.code}: {self.zh} / {self.en}{about}"


def refusal_of(response: httpx.Response) -> RequestRefused:
    """What an answer that is no 200 says.

    >>> refusal_of(httpx.Response(502, text="<html>")).code
    'not_pharos'
    """
    wait = seconds_of(response.headers.get("retry-after"))
    try:
        told = Problem.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        zh, en = "应答不是来自本服务", "something that is not this service answered"
        named = response.headers.get("x-request-id", "")
        return RequestRefused(FOREIGN, zh, en, response.status_code, named, retry_after=wait)
    return RequestRefused(
        told.code,
        told.zh,
        told.en,
        response.status_code,
        told.request_id,
        told.detail,
        tuple(told.errors),
        wait,
        told.detail_zh,
    )


def unreachable(error: httpx.TransportError) -> RequestRefused:
    """No answer came at all.

    >>> str(unreachable(httpx.ConnectError("")))
    'unreachable: 无法连接服务 / the service cannot be reached (ConnectError)'
    """
    return RequestRefused(UNREACHABLE, "无法连接服务", f"the service cannot be reached ({type(error).__name__})")


def foreign(status: int, request_id: str) -> RequestRefused:
    """An answer that this client cannot read."""
    zh, en = "应答与接口说明不符", "the answer is not of the form that this client knows"
    return RequestRefused(FOREIGN, zh, en, status, request_id)


def late(seconds: float) -> RequestRefused:
    """No whole answer in the time for all attempts together."""
    return RequestRefused(LATE, f"{seconds:g} 秒内未收到完整应答", f"no whole answer came within {seconds:g} s")


def sendable(shown: str) -> str:
    """A key or token as it goes into a header; raises RequestRefused, which does not quote it.

    >>> sendable("pharos_1_a")
    'pharos_1_a'
    """
    if shown.isascii() and shown.isprintable():
        return shown
    zh, en = "密钥或令牌含有无法发送的字符", "the key or token has letters that cannot be sent; look for a line break"
    raise RequestRefused(UNSENDABLE, zh, en)


def seconds_of(header: str | None) -> float | None:
    """Retry-After in seconds, as this service writes it; null where there is none.

    >>> seconds_of("5"), seconds_of("soon"), seconds_of(None)
    (5.0, None, None)
    """
    return float(header) if header is not None and header.isdecimal() else None
