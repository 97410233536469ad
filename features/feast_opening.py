"""Feast's store of a deployment, as the settings say: which registry, which online store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from features.feast_loading import load_feast
from features.redis_address import checked_address

REPO_FILE = Path(__file__).parent / "feature_repo" / "feature_store.yaml"
CONNECT_SECONDS = 3
REDIS_SECONDS = 0.15  # of the 200 ms that trust.md gives a request, for each step of asking a server over a network


def open_feast(settings: Settings) -> Any:
    """A FeatureStore; raises InvalidInput for an address of another kind than is served."""
    import yaml

    folder = str(settings.feast_dir.resolve())
    told: dict[str, Any] = yaml.safe_load(REPO_FILE.read_text("utf-8").replace("${PHAROS_FEAST_DIR}", folder))
    if settings.registry_url:
        told["registry"] |= registry_at(settings.registry_url)
    if settings.online_url:
        told["online_store"] = {
            "type": "features.redis_store.PharosRedisOnlineStore",
            "address": SecretStr(settings.online_url),
            "seconds": REDIS_SECONDS,
        }
        checked_address(settings.online_url)
    load_feast()
    from feast import FeatureStore, RepoConfig

    settings.feast_dir.mkdir(parents=True, exist_ok=True)
    return FeatureStore(config=RepoConfig(**told))


def registry_at(address: str) -> dict[str, Any]:
    """What Feast is told of a registry in PostgreSQL: what was read once is good until the process ends.

    Definitions come with the checkout; read again each minute, a server that is away would hold requests up.
    """
    if not address.startswith("postgresql"):
        raise InvalidInput("PHAROS_REGISTRY_URL names no PostgreSQL server; write postgresql+psycopg://HOST/DATABASE")
    patient = {"poolclass": sa.NullPool, "connect_args": {"connect_timeout": CONNECT_SECONDS}}  # seldom used: not kept
    return {"path": address, "cache_ttl_seconds": 0, "sqlalchemy_config_kwargs": patient}
