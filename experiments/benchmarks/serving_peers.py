"""The same desks behind three doors: ours, BentoML as it comes, and FastAPI with a bare handler.

    python -m experiments.benchmarks.serving_peers pharos|bentoml|fastapi PORT

Each is one process on a loopback port with the champion of PHAROS_STATE; only the door differs.
"""

from __future__ import annotations

import sys
import uuid
from typing import Any

from data_contracts.settings import prepare_process

THREADS = 4


def pharos() -> Any:
    """Our service with its guard and audit chain."""
    from serving import service

    return service.PharosService.to_asgi()


def raw_bentoml() -> Any:
    """BentoML's own routes around the desks: what its tutorial would have one write."""
    import bentoml

    from serving.service import opened_desks

    desks = opened_desks()

    class Raw:
        """Two APIs, no guard."""

        def risk(self, officer_ids: list[str]) -> dict[str, Any]:
            """Risk as our handler gives it."""
            return _risk(desks, officer_ids)

        def next_posts(self, officer_ids: list[str]) -> dict[str, Any]:
            """Posts as our handler gives them."""
            return _posts(desks, officer_ids)

    for name in ("risk", "next_posts"):
        setattr(Raw, name, bentoml.api(getattr(Raw, name), route=f"/v1/{name}"))
    service: Any = bentoml.service(Raw, name="raw", workers=1, threads=THREADS, metrics={"enabled": False})
    return service.to_asgi()


def bare_fastapi() -> Any:
    """A handler a route, nothing around it."""
    from fastapi import FastAPI
    from pydantic import BaseModel

    from serving.service import opened_desks

    desks, app = opened_desks(), FastAPI()

    class Asked(BaseModel):
        officer_ids: list[str]

    def risk(asked: Asked) -> dict[str, Any]:
        return _risk(desks, asked.officer_ids)

    def next_posts(asked: Asked) -> dict[str, Any]:
        return _posts(desks, asked.officer_ids)

    for handler in (risk, next_posts):
        handler.__annotations__["asked"] = Asked
        app.post(f"/v1/{handler.__name__}")(handler)
    return app


def _risk(desks: Any, officer_ids: list[str]) -> dict[str, Any]:
    from serving.risk.schemas import RiskRequest

    asked = RiskRequest(officer_ids=officer_ids)
    answer: dict[str, Any] = desks.risk.answer(asked, uuid.uuid4().hex, desks.now()).model_dump(mode="json")
    return answer


def _posts(desks: Any, officer_ids: list[str]) -> dict[str, Any]:
    from serving.schemas import NextPostsRequest

    asked = NextPostsRequest(officer_ids=officer_ids)
    answer: dict[str, Any] = desks.careers.answer(asked, uuid.uuid4().hex, desks.now()).model_dump(mode="json")
    return answer


DOORS = {"pharos": pharos, "bentoml": raw_bentoml, "fastapi": bare_fastapi}


def main(name: str, port: int) -> None:
    """Serve until killed."""
    prepare_process()
    import logging

    import structlog
    import uvicorn

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    app = DOORS[name]()
    if name == "pharos":  # the server that `pharos serve` starts, with our own reading of HTTP: it is part of our door
        from serving.service import configured

        uvicorn.Server(configured(app, "127.0.0.1", port)).run()
        return
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="on")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
