"""OpenTelemetry traces of requests (setting `traces_url`): which route took how long in which step, and nothing else.

A span holds the route, the status and the request id, never an officer, a key, a body or what an error said. Spans
leave as OTLP over HTTP in JSON, in a thread of their own; a collector that is away costs a request nothing.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from serving.access.issuer_keys import LOCAL_HOSTS

EXPORT_SECONDS = 3.0
PARENT = b"traceparent"  # of a fixed form; tracestate may hold any text and is not taken
METHODS = ("GET", "HEAD", "POST")
_TRACER: ContextVar[Tracer | None] = ContextVar("pharos_tracer", default=None)
Told = Callable[[str, int, str], None]


@contextmanager
def step(name: str) -> Iterator[None]:
    """One step of the request that is being answered, where requests are traced."""
    tracer = _TRACER.get()
    if tracer is None:
        yield
        return
    # what an exception says may quote a value
    with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
        yield


class Traces:
    """The traces of a service; without an exporter nothing is traced and nothing is spent."""

    def __init__(self, exporter: SpanExporter | None = None, share: float = 1.0) -> None:
        """`share` is the part of requests that is traced, whatever callers wish."""
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None
        if exporter is not None:
            resource = Resource({"service.name": "pharos"})
            self._provider = TracerProvider(sampler=TraceIdRatioBased(share), resource=resource)
            self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
            self._tracer = self._provider.get_tracer("pharos.serving")

    @contextmanager
    def request(self, method: str, headers: Sequence[tuple[bytes, bytes]]) -> Iterator[Told]:
        """A span around one request; what comes back takes its route, status and id when they are known."""
        if self._tracer is None:
            yield lambda *_: None
            return
        asked = method if method in METHODS else "OTHER"
        parents = [bytes(value).decode("latin-1") for name, value in headers if bytes(name).lower() == PARENT]
        carrier = {PARENT.decode(): parents[0]} if len(parents) == 1 else {}
        context = TraceContextTextMapPropagator().extract(carrier)
        with self._tracer.start_as_current_span(
            asked, context=context, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:

            def told(route: str, status: int, request_id: str) -> None:
                span.update_name(f"{asked} {route}")
                span.set_attribute("http.request.method", asked)
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                span.set_attribute("pharos.request_id", request_id)

            mark = _TRACER.set(self._tracer)
            try:
                yield told
            finally:
                _TRACER.reset(mark)

    def flush(self) -> None:
        """Send what is held back."""
        if self._provider is not None:
            self._provider.force_flush()

    def close(self) -> None:
        """Send what is held back and end."""
        if self._provider is not None:
            self._provider.shutdown()


class OtlpJson(SpanExporter):
    """Sends spans to a collector at an address, as the OTLP specification writes them in JSON."""

    def __init__(self, address: str) -> None:
        """Raises InvalidInput for an address that is none, or that crosses a network bare."""
        told = urlsplit(address)
        if not (told.scheme == "https" or (told.scheme == "http" and told.hostname in LOCAL_HOSTS)):
            raise InvalidInput(
                "PHAROS_TRACES_URL must be an https address of a collector (http on this machine only), such as "
                "http://127.0.0.1:4318/v1/traces"
            )
        self._address = address

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them once; what cannot be sent is let go."""
        request = urllib.request.Request(  # noqa: S310  # the scheme is checked above
            self._address, json.dumps(as_otlp(spans)).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=EXPORT_SECONDS):  # noqa: S310
                return SpanExportResult.SUCCESS
        except (OSError, ValueError):
            return SpanExportResult.FAILURE


def traces_of(settings: Settings) -> Traces:
    """Of a deployment; raises InvalidInput for an address that is none."""
    return Traces(OtlpJson(settings.traces_url), settings.traces_share) if settings.traces_url else Traces()


def as_otlp(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Spans as ExportTraceServiceRequest in JSON."""
    resource = {"attributes": _attributes({"service.name": "pharos"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [
        {"scope": {"name": "pharos.serving"}, "spans": [_span(span) for span in spans]}
    ]}]}  # fmt: skip


def _span(span: ReadableSpan) -> dict[str, Any]:
    context: Any = span.get_span_context()
    told = {
        "traceId": format(context.trace_id, "032x"),
        "spanId": format(context.span_id, "016x"),
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
    }
    return told if span.parent is None else {**told, "parentSpanId": format(span.parent.span_id, "016x")}


def _attributes(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"intValue": str(one)} if isinstance(one, int) else {"stringValue": str(one)}}
        for name, one in told.items()
    ]
