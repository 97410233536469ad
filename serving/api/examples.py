"""Examples in curl and Java for each question, made of the OpenAPI document alone, so that they never lag behind it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ADDRESS = "http://127.0.0.1:3017"
CURL, JAVA = "questions.sh", "PharosExample.java"
SHELL_HEAD = f"""#!/bin/sh
# 由 OpenAPI 生成。用法：PHAROS=地址 PHAROS_KEY=密钥 sh {CURL} 操作名
# 不写 PHAROS 即 {ADDRESS}；不需密钥时不写 PHAROS_KEY
# Made from the OpenAPI document. Usage: PHAROS=address PHAROS_KEY=key sh {CURL} OPERATION
# Without PHAROS it asks {ADDRESS}; leave PHAROS_KEY out where no key is needed
set -eu
PHAROS="${{PHAROS:-{ADDRESS}}}"
ask() {{
  if [ "$#" -gt 1 ]; then set -- "$1" --data "$2"; fi
  path="$1"; shift
  # 密钥经标准输入传递：参数会被 ps 显示 / the key goes through standard input: ps shows arguments
  printf 'x-api-key: %s\\n' "${{PHAROS_KEY:-}}" | curl --silent --show-error --fail-with-body --retry 3 --max-time 30 \\
    --header @- --header 'content-type: application/json' "$@" "$PHAROS$path"
}}
case "${{1:-}}" in
"""
JAVA_HEAD = f"""// 由 OpenAPI 生成；Java 17，无需其他库。用法：PHAROS=地址 PHAROS_KEY=密钥 java {JAVA} 操作名
// 不写 PHAROS 即 {ADDRESS}；不需密钥时不写 PHAROS_KEY
// Made from the OpenAPI document; Java 17, nothing else. Usage: PHAROS=address PHAROS_KEY=key java {JAVA} OPERATION
// Without PHAROS it asks {ADDRESS}; leave PHAROS_KEY out where no key is needed
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

public final class PharosExample {{
    private static final int ATTEMPTS = 4;
    private static final HttpResponse.BodyHandler<String> TEXT =
            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8);
    // 必须指定 HTTP/1.1：默认的升级请求会丢失请求体 / HTTP/1.1 must be said: the upgrade that is tried by default
    // over plain http loses the body.
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();

    /** 操作名 -> 路径与请求体 / operation -> path and body; a body that is null is asked with GET. */
    private static Map<String, String[]> questions() {{
        Map<String, String[]> all = new TreeMap<>();
"""
JAVA_TAIL = """        return all;
    }

    /** 暂时失败时重试，遵守 Retry-After / asks again what fails for a while, as the service asks for. */
    private static HttpResponse<String> ask(HttpRequest request) throws Exception {
        for (int attempt = 1; ; attempt++) {
            HttpResponse<String> answer = HTTP.send(request, TEXT);
            int status = answer.statusCode();
            boolean passing = status == 429 || status == 502 || status == 503 || status == 504;
            if (!passing || attempt == ATTEMPTS) {
                return answer;
            }
            long wait = answer.headers().firstValueAsLong("retry-after").orElse(0L);
            Thread.sleep(1000L * wait + (long) (Math.random() * 200.0 * (1L << attempt)));
        }
    }

    private static String set(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    public static void main(String[] given) throws Exception {
        String[] question = given.length == 0 ? null : questions().get(given[0]);
        if (question == null) {
            System.err.println("操作名 / operations: " + String.join(", ", questions().keySet()));
            System.exit(2);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(set("PHAROS", "ADDRESS") + question[0]))
                .timeout(Duration.ofSeconds(30));
        if (!set("PHAROS_KEY", "").isEmpty()) {
            request.header("x-api-key", set("PHAROS_KEY", ""));
        }
        if (question[1] != null) {
            request.header("content-type", "application/json");
            request.POST(HttpRequest.BodyPublishers.ofString(question[1], StandardCharsets.UTF_8));
        }
        HttpResponse<String> answer = ask(request.build());
        System.out.write((answer.body() + "\\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
        System.exit(answer.statusCode() == 200 ? 0 : 1);
    }
}
""".replace("ADDRESS", ADDRESS)


def write_examples(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the examples of an OpenAPI document; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {CURL: curl_examples(document), JAVA: java_examples(document)}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


def curl_examples(document: Mapping[str, Any]) -> str:
    """A shell script with a case for each operation."""
    cases = [
        f"# {summary}\n{name}) ask {shlex.join([path] if body is None else [path, body])} ;;"
        for name, path, summary, body in _operations(document)
    ]
    names = ", ".join(name for name, *_ in _operations(document))
    return "\n".join(
        [SHELL_HEAD.rstrip(), *cases, f'*) echo "操作名 / operations: {names}" >&2; exit 2 ;;', "esac", ""]
    )


def java_examples(document: Mapping[str, Any]) -> str:
    """One class that the Java launcher runs as it stands."""
    lines = [
        f"        // {summary}\n        all.put({_java(name)}, new String[] {{{_java(path)}, {_java(body)}}});"
        for name, path, summary, body in _operations(document)
    ]
    return JAVA_HEAD + "\n".join(lines) + "\n" + JAVA_TAIL


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str | None]]:
    """Name, path, summary and the body of the example, where there is one, of each operation."""
    for path, methods in document["paths"].items():
        for told in methods.values():
            media = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            bodies = [json.dumps(one["value"], ensure_ascii=False) for one in media.get("examples", {}).values()]
            summary = str(told["summary"]).replace("\n", " ").replace("\\", "/")
            yield str(told["operationId"]), str(path), summary, bodies[0] if bodies else None


def _java(text: str | None) -> str:
    """A Java literal; JSON's way of writing text is Java's too.

    >>> _java('{"a": 1}'), _java(None)
    ('"{\\\\"a\\\\": 1}"', 'null')
    """
    return "null" if text is None else json.dumps(text, ensure_ascii=False)
