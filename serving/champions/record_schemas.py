"""What the page of models asks, and what it is told: everything here was written by training, the gate or the watch."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from serving.schemas import Answer, Body, Text, about

Model = Literal["risk", "next-post", "courses", "paths", "concerns"]


class ModelsRequest(Body):
    """各模型的版本、检验与决定。 / Versions of models, what the gate found, and who decided."""

    name: Model | None = about("模型；空为全部，只给概况", "a model, null for an overview of all", default=None)


class VersionTold(Answer):
    """一个版本。 / One version."""

    version: str = about("版本", "the version")
    champion: bool = about("是否为启用版本", "whether it was promoted")
    answers: bool = about("本服务是否以它作答", "whether it answers in this service")
    passed: bool | None = about(
        "是否通过发布检验；未检验为空", "whether it passed the gate, null where it never was there"
    )
    counts: dict[str, int] = about("各结论的检验项数", "how many checks of each verdict")
    trained_as_of: str | None = about("训练截止日", "day that training knew of")


class GateLine(Answer):
    """检验的一项。 / One check."""

    check: str = about("检验代码", "code of the check")
    subject: Text = about("检验对象", "what was checked")
    group: Text | None = about("群体；整体为空", "the group, null for all")
    measure: str = about("指标代码", "code of the figure")
    status: str = about("结论", "the verdict")
    value: float | None = about("数值", "the figure")
    low: float | None = about("区间下限", "lower end of its interval")
    high: float | None = about("区间上限", "upper end")
    suspect: bool = about("单看该组是否会判不通过", "whether its own interval alone would fail it")
    expected: float | None = about(
        "数值为事件数时：其中尚未了结事项的可能性之和", "where the figure counts events: how many of them are chances "
        "of what is still open", default=None,
    )  # fmt: skip


class SignedNote(Answer):
    """一份签字。 / One signed note."""

    kind: Literal["waiver", "justification"] = about("豁免或书面说明", "a waiver or a justification")
    signed_by: list[str] = about("签字人", "who signed")
    on: date = about("日期", "the day")
    reason: str = about("理由", "the reason")
    checks: int = about("所涉检验项数", "how many checks it is about")


class CardBlock(Answer):
    """模型卡的一段。 / One block of the model card."""

    kind: Literal["heading", "text", "list", "table"] = about("类型", "what it is")
    text: str = about("文字", "its text", default="")
    items: list[str] = about("各项", "items of a list", default=[])
    header: list[str] = about("表头", "head of a table", default=[])
    rows: list[list[str]] = about("各行", "rows of a table", default=[])


class DriftFinding(Answer):
    """漂移监测的一项。 / One finding of the drift watch."""

    section: str = about("类别代码", "code of its section")
    what: str = about("对象代码", "code of what moved")
    name: Text = about("对象名称", "its name")
    figure: str = about("指标代码", "code of the figure")
    then: float | None = about("训练时", "at training")
    now: float | None = about("现在", "now")
    level: str = about("级别", "level")


class DriftTold(Answer):
    """最近一次漂移监测。 / The last drift watch."""

    as_of: date = about("所看日期", "the day watched")
    version: str = about("所看版本", "the version watched")
    level: str = about("级别；not_judged 为所看日期早于训练，不作判定", "level; not_judged is of a day before training")
    watched: int = about("所看项数", "how many figures were looked at")
    findings: list[DriftFinding] = about("提醒与警报，最重的在前", "warnings and alerts, the gravest first")
    notices: list[Text] = about("须知", "what to know first")


class Decision(Answer):
    """审计日志中的一项决定。 / One decision in the audit chain."""

    at: datetime = about("时间（UTC）", "when, in UTC")
    action: str = about("做了什么", "what was done")
    actor: str = about("由谁", "by whom")
    version: str = about("版本", "the version")
    more: list[Text] = about("详情，每项一行", "details, a line for each", default=[])
    wrong: bool = about("该行是否与所写不符", "whether the line is not what was written")


class RefusedHere(Answer):
    """本服务未予换用的启用版本。 / The promoted version that this service does not take up."""

    version: str = about("版本", "the version")
    since: datetime = about("自何时（UTC）", "since when, in UTC")
    why: Text = about("原因", "why")
    again: bool = about("是否自动再试", "whether it is tried again by itself")


class Here(Answer):
    """本服务实际作答的版本。 / What this service answers with."""

    version: str | None = about("作答的版本；无则空", "the version that answers, null for none")
    refused: RefusedHere | None = about("未予换用的启用版本；无则空", "what was refused, null for none", default=None)


class ModelTold(Answer):
    """一个模型。 / One model."""

    name: str = about("模型代号", "code of the model")
    title: Text = about("模型名称", "name of the model")
    champion: str | None = about("启用的版本；无则空", "the version that was promoted, null for none")
    answers: str | None = about("作答的版本；无则空", "the version that answers, null for none")
    here: Here | None = about("本服务的情况；不知则空", "what this service does, null where unknown", default=None)
    versions: list[VersionTold] = about("各版本，最新在前", "versions, newest first")
    problem: Text | None = about("有记录不可信时的说明", "what is wrong where a record cannot be trusted", default=None)
    lines: list[GateLine] = about("最近一次检验的各项", "every check of the version shown", default=[])
    shown: str | None = about("以下所示的版本", "the version that the rest is about", default=None)
    notes: list[SignedNote] = about("签字", "who signed", default=[])
    card_zh: list[CardBlock] = about("模型卡（中文）", "model card in Chinese", default=[])
    card_en: list[CardBlock] = about("模型卡（英文）", "model card in English", default=[])
    drift: DriftTold | None = about("漂移监测；无则空", "the last drift watch, null for none", default=None)
    decisions: list[Decision] = about("有关决定，最新在前", "decisions, newest first", default=[])
    earlier_decisions: int = about("此外更早的决定数", "how many earlier ones are on the chain beside them", default=0)


class ModelsTold(Answer):
    """各模型。 / All models."""

    request_id: str = about("请求编号", "id of this request")
    models: list[ModelTold] = about("模型", "models")
