"""Whether the audit chain could take a line now: a service that could not write one refuses every read of a result, and
so it is not ready.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from data_contracts.audit.chain import METADATA
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import AuditAway, BrokenChain, NotReady
from data_contracts.settings import Settings
from models.audit import audit_chain

PATIENCE_SECONDS = 2  # whoever asks whether a service is ready asks again soon
ZH = "审计日志目前无法写入，凡须留痕的查询一律拒绝；请检查其数据库、磁盘与锁，恢复后自动继续"
EN = (
    "the audit chain cannot be written now, and whatever it must hold is refused; look after its database, its disk "
    "and its locks: it goes on by itself"
)
BROKEN_ZH = (
    "审计链与其链头不符，不再写入，凡须留痕的查询一律拒绝；不会自动恢复：请运行 `pharos audit verify` 查明原因，"
    "恢复缺失的内容，或以 `pharos audit accept` 署名认可"
)
BROKEN_EN = (
    "the audit chain is not what was written, and whatever it must hold is refused; this does not go by itself: find "
    "out what is wrong with `pharos audit verify`, put back what is gone, or accept it by name with `pharos audit "
    "accept`"
)


def audit_away(why: Exception) -> AuditAway:
    """The error, in words that may be shown to a caller: whether to wait for it, or what somebody must do."""
    return AuditAway(BROKEN_EN, zh=BROKEN_ZH) if isinstance(why, BrokenChain) else AuditAway(EN, zh=ZH)


@dataclass(frozen=True)
class AuditProbe:
    """Tries the chain's database without writing; it waits less than a request does."""

    database: Database
    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> AuditProbe:
        """Of a deployment; nothing is opened yet."""
        return cls(service_database(settings, "the audit chain", PATIENCE_SECONDS), settings)

    def __call__(self) -> None:
        """Take the place of a writer, look at the chain, and leave it; raises AuditAway where it takes no line."""
        try:
            with self.database.writing(METADATA) as connection:
                found = audit_chain(self.settings).standing(connection)
                if found is not None:
                    raise found.refusal
                if connection.dialect.name == "postgresql":
                    _check_writable(connection)
            head = self.settings.audit_head
            head.parent.mkdir(parents=True, exist_ok=True)
            head.with_suffix(".lock").open("a").close()
        except (NotReady, OSError) as error:
            structlog.get_logger("pharos.serving").error("audit_away", why=str(error))
            raise audit_away(error) from error
        finally:
            self.database.close()  # a line that fell silent keeps its connection; only a new one shows that it is back


def _check_writable(connection: sa.Connection) -> None:
    """Raise NotReady at a server that only answers reads, such as one that follows another."""
    if connection.execute(sa.text("SHOW transaction_read_only")).scalar_one() == "on":
        raise NotReady("the server takes no writes")
