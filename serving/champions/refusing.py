"""A version that was not taken up: why, since when, and when it is tried again.

What a model answers does not change by waiting, so a refusal for it stands until somebody acts. That it took too long
may be the moment's fault: it is tried again by itself, later each time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from data_contracts.errors import FeatureMismatch, NotReady, PharosError, UntrustedArtifact
from data_contracts.vocabulary import Bilingual
from serving.schemas import Because

PAUSES_SECONDS = (60.0, 120.0, 300.0, 900.0, 3600.0)  # the last one again and again
AT_ONCE, NEVER = -math.inf, math.inf
UNFIT = "unfit_model"
UNWRITABLE = Bilingual("审计日志无法写入", "the audit chain cannot be written")


@dataclass(frozen=True)
class Refusal:
    """One version that an alias names and this process does not answer with.

    `before` answers in its place, None where nothing does. `tried` counts the attempts since somebody last asked for
    one, `due` is the next on the monotonic clock, in seconds. `hung`: an attempt that was given up still goes on, and
    none follows by itself before its end.
    """

    name: str
    version: str
    before: str | None
    code: str
    why: Bilingual
    since: datetime
    tried: int = 1
    due: float = NEVER
    hung: bool = False

    @property
    def again(self) -> bool:
        """Whether it is tried again without anybody's doing."""
        return self.due < NEVER

    @property
    def told(self) -> Bilingual:
        """Why, and what stands against another attempt."""
        if not (self.hung and self.again):
            return self.why
        return Bilingual(f"{self.why.zh}；{HUNG.zh}", f"{self.why.en}; {HUNG.en}")

    def notice(self) -> Because:
        """For those who look whether all is well."""
        goes_on = Bilingual("没有可用的旧版", "nothing answers") if self.before is None else Bilingual(
            f"第 {self.before} 版继续作答", f"version {self.before} goes on answering")  # fmt: skip
        next_ = WAIT if self.again else MEND
        return Because(
            code="model_refused",
            zh=f"{self.name} 第 {self.version} 版未予换用（{self.told.zh}）；{goes_on.zh}；{next_.zh}",
            en=f"version {self.version} of {self.name} was not taken up ({self.told.en}); {goes_on.en}; {next_.en}",
        )


HUNG = Bilingual(
    "放弃的一次试答仍在运行，它结束之前不再自动试答；一直不结束的，请重新启动服务",
    "an attempt that was given up still runs, and none follows by itself before that has ended: restart the service "
    "where it does not end",
)
WAIT = Bilingual(
    "服务会自动再试，间隔逐次加长；发送 SIGHUP 信号可立即再试",
    "it is tried again by itself, later each time, and at once on SIGHUP",
)
MEND = Bilingual("请改正后重新启用，或把别名移回", "mend it and promote again, or move the alias back")


@dataclass(frozen=True)
class Standing:
    """What a process does with a model: the version that answers, None for none, and the one that it refused."""

    version: str | None
    refusal: Refusal | None = None


def pause_after(tried: int) -> float:
    """Seconds until the next attempt.

    >>> [pause_after(tried) for tried in (1, 2, 5, 9)]
    [60.0, 120.0, 3600.0, 3600.0]
    """
    return PAUSES_SECONDS[min(tried, len(PAUSES_SECONDS)) - 1]


def code_of(error: Exception) -> str:
    """Stable, for the log and the audit chain."""
    return error.code if isinstance(error, PharosError) else UNFIT


def why_of(error: Exception) -> Bilingual:
    """In words that everybody may read: of what is not about models or stores only the kind, for it may name officers.

    >>> from data_contracts.errors import UnfitModel
    >>> why_of(UnfitModel("it took long", zh="用时过长")).zh, why_of(KeyError("o-1")).en
    ('用时过长', 'it failed with KeyError')
    """
    if not isinstance(error, NotReady):
        kind = error.code if isinstance(error, PharosError) else type(error).__name__
        return Bilingual(f"试答时出错：{kind}", f"it failed with {kind}")
    if isinstance(error, UntrustedArtifact):
        zh = "签名或内容校验未通过"
    elif isinstance(error, FeatureMismatch):
        zh = "训练所用的特征定义与本服务不同"
    else:
        zh = f"未能就绪：{error.code}"
    return Bilingual(error.zh or zh, str(error))
