"""A program that listens where it is told and is never ready; the arguments are those of `pharos serve`."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = json.dumps({"code": "not_ready", "detail": "risk has no champion yet"}).encode()
        self.send_response(503)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), _Refusing).serve_forever()
