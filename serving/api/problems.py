"""Every error in one shape: RFC 9457 `application/problem+json` with a stable code, both languages and a request id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from data_contracts.errors import (
    AuditAway,
    BrokenChain,
    GateRefused,
    NoLine,
    NotThere,
    PharosError,
    PublishRefused,
    Refused,
    Stale,
)
from data_contracts.vocabulary import Bilingual
from serving.access.audit_probe import audit_away
from serving.schemas import FieldProblem, Problem
from serving.waiting import NobodyWaits, TooMuchAtOnce

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """A kind of error: its status and what it says to people."""

    status: int
    title: str
    text: Bilingual
    retry_after_seconds: int | None = None


KINDS: Mapping[str, Kind] = {
    "malformed_json": Kind(400, "Bad Request", Bilingual("请求体不是合法的 JSON", "the body is not JSON")),
    "bad_request": Kind(400, "Bad Request", Bilingual("请求不合规范", "the request is malformed")),
    "malformed_http": Kind(
        400, "Bad Request", Bilingual("请求不是合规的 HTTP/1.1 报文", "what came is not a well-formed HTTP/1.1 request")
    ),
    "unauthenticated": Kind(
        401, "Unauthorized", Bilingual("请出示有效的密钥或令牌", "show a valid API key or access token")
    ),
    "forbidden": Kind(403, "Forbidden", Bilingual("此服务只接受本机请求", "this service answers this machine only")),
    "not_found": Kind(404, "Not Found", Bilingual("没有这个地址", "there is nothing at this address")),
    "method_not_allowed": Kind(
        405, "Method Not Allowed", Bilingual("此地址不支持该方法", "another method is needed here")
    ),
    "body_timeout": Kind(408, "Request Timeout", Bilingual("请求体传输过慢", "the body came too slowly")),
    "head_timeout": Kind(408, "Request Timeout", Bilingual("请求头传输过慢", "the headers came too slowly")),
    "conflict": Kind(409, "Conflict", Bilingual("当前状态不允许此操作", "what stands now does not allow this change")),
    "stale": Kind(
        409,
        "Conflict",
        Bilingual("内容已被他人更改，请重新读取后再决定", "somebody's change came first; read it again"),
    ),
    "body_too_large": Kind(413, "Content Too Large", Bilingual("请求体超过 256 KiB", "the body is over 256 KiB")),
    "unsupported_media_type": Kind(
        415,
        "Unsupported Media Type",
        Bilingual("请求体须为 application/json，不得压缩", "send plain application/json"),
    ),
    "invalid_input": Kind(422, "Unprocessable Content", Bilingual("请求内容有误", "the request has wrong content")),
    "too_much_at_once": Kind(
        422,
        "Unprocessable Content",
        Bilingual(
            "一次请求过多，时限内无法全部答复；请分批", "too much is asked at once to be answered in time; ask in parts"
        ),
    ),
    "too_many_requests": Kind(429, "Too Many Requests", Bilingual("请求过于频繁", "too many requests"), 1),
    "headers_too_large": Kind(
        431, "Request Header Fields Too Large", Bilingual("请求头过大", "the headers are too large")
    ),
    "internal": Kind(
        500,
        "Internal Server Error",
        Bilingual("服务内部错误，请凭请求编号查询", "our error; ask with the request id"),
    ),
    "unknown_transfer_coding": Kind(
        501,
        "Not Implemented",
        Bilingual("传输编码只支持 chunked", "the only transfer coding that is known here is chunked"),
    ),
    "http_version": Kind(
        505, "HTTP Version Not Supported", Bilingual("请使用 HTTP/1.1", "this service speaks HTTP/1.1")
    ),
    "not_ready": Kind(503, "Service Unavailable", Bilingual("服务尚未就绪", "the service is not ready"), 30),
    "audit_away": Kind(
        503,
        "Service Unavailable",
        Bilingual("审计日志目前无法写入", "the audit chain cannot be written now"),
        30,
    ),
    "overloaded": Kind(503, "Service Unavailable", Bilingual("服务繁忙", "the service is busy"), 1),
    "deadline": Kind(504, "Gateway Timeout", Bilingual("处理超时", "the answer took too long"), 5),
}
BY_STATUS: Mapping[int, str] = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    408: "body_timeout", 409: "conflict", 413: "body_too_large", 415: "unsupported_media_type", 422: "invalid_input",
    429: "too_many_requests", 431: "headers_too_large", 500: "internal", 503: "not_ready", 504: "deadline",
}  # fmt: skip


class ProblemError(PharosError):
    """An error on its way to the caller; `detail` (what its kind says, without one) and `errors` name places, never
    values."""

    def __init__(
        self,
        code: str,
        detail: Bilingual | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.detail = detail or KINDS[code].text
        super().__init__(self.detail.en, zh=self.detail.zh)
        self.code = code
        self.status = KINDS[code].status
        self.errors = tuple(errors)
        self.headers = headers

    @classmethod
    def of_status(cls, status: int) -> ProblemError:
        """The general problem of an HTTP status.

        >>> ProblemError.of_status(404).code, ProblemError.of_status(418).code
        ('not_found', 'internal')
        """
        return cls(BY_STATUS.get(status, "internal"))

    def body(self, request_id: str) -> bytes:
        """The JSON that the caller gets."""
        kind = KINDS[self.code]
        problem = Problem(
            type=f"urn:pharos:problem:{self.code}",
            title=kind.title,
            status=kind.status,
            code=self.code,
            detail=self.detail.en,
            detail_zh=self.detail.zh,
            zh=kind.text.zh,
            en=kind.text.en,
            request_id=request_id,
            errors=list(self.errors),
        )
        return problem.model_dump_json().encode()

    def all_headers(self) -> dict[str, str]:
        """Its headers, with Retry-After where trying again makes sense."""
        retry = KINDS[self.code].retry_after_seconds
        later = {} if retry is None else {"retry-after": str(retry)}
        return {"content-type": MEDIA_TYPE, **later, **self.headers}


def problem_of(error: Exception) -> ProblemError:
    """What the caller is told about an error of ours; anything unforeseen is `internal` and says nothing more.

    >>> from data_contracts.errors import NotReady
    >>> problem_of(NotReady("no model")).status, problem_of(ValueError("secret")).detail
    (503, Bilingual(zh='服务内部错误，请凭请求编号查询', en='our error; ask with the request id'))
    """
    if isinstance(error, ProblemError):
        return error
    if isinstance(
        error, BrokenChain | NoLine
    ):  # whoever met it: a desk that writes its line with its change, or the service
        error = audit_away(error)
    if isinstance(error, NotThere | Refused | Stale | NobodyWaits | TooMuchAtOnce | AuditAway):
        return _detailed(error.code, error)
    if isinstance(error, GateRefused | PublishRefused):  # steps of the night and of training, never of a request
        return ProblemError("internal")
    if isinstance(error, PharosError) and error.status in BY_STATUS and error.status < 500:
        return _detailed(BY_STATUS[error.status], error)
    if isinstance(error, PharosError) and error.status == 503:
        return ProblemError("not_ready")
    return ProblemError("internal")


def _detailed(code: str, error: PharosError) -> ProblemError:
    """With the error's own words; where it has none in Chinese, those of its kind stand in."""
    kind = KINDS[code].text
    return ProblemError(code, Bilingual(error.zh or kind.zh, str(error) or kind.en))
