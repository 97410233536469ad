"""What goes into `POST /v1/events` and what comes out; strict in form, and each event judged by itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from serving.schemas import ID_PATTERN, Answer, Body, OfficerId, about

MAX_EVENTS = 200
MAX_COLUMNS = 64
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Words = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\u0000]*$")]
Cell = Words | bool | int | float | None


class Event(Body):
    """一个事件：某张合同表的一行。 / One event: a row of a contract table."""

    event_id: Id = about(
        "事件编号，由发送方给出，仅在该调用方内有效；重复提交不重复计",
        "id given by the sender and the sender's own; sent again, it counts once",
    )
    table: Name = about(
        "合同表名：关于民警的各表，如 course_completions、postings、complaints，以及 vacancies；其余表会列出可接收者",
        "name of the contract table: those about officers, such as course_completions, postings, complaints, and "
        "vacancies; for any other the tables that take events are listed",
    )
    row: dict[Name, Cell] = about(
        "该表的列与值；未写 known_on 则自收到之日起为系统所知，同一记录的更正或迟到的旧版本须写 known_on",
        "columns and values of the table; without known_on it is known from the day it comes in, and a correction on "
        "the same day, or an older version that comes late, must say known_on",
        min_length=1, max_length=MAX_COLUMNS,
    )  # fmt: skip


class EventsRequest(Body):
    """实时事件：按同一合同检查，写入履历并更新在线特征。 / Events as they happen, checked as files are."""

    events: list[Event] = about("事件，1 至 200 个", "events, 1 to 200", min_length=1, max_length=MAX_EVENTS)


class EventFault(Answer):
    """事件中有误的一处；从不含所填的值。 / One thing that is wrong with an event, never its value."""

    field: str = about("字段：列名、table 或 event_id", "the field: a column, table or event_id")
    code: str = about("固定代码", "stable code")
    zh: str = about("中文说明", "said in Chinese")
    en: str = about("英文说明", "said in English")


class EventResult(Answer):
    """一个事件的结果。 / What became of one event."""

    event_id: str = about("事件编号，与请求一致", "id of the event as it was sent")
    officer_id: OfficerId | None = about("所涉民警编号", "the officer it is about", default=None)
    unit_id: OfficerId | None = about(
        "所涉单位编号，仅用于空缺", "the unit it is about, of a vacancy alone", default=None
    )
    status: Literal["accepted", "duplicate", "conflict", "quarantined"] = about(
        "accepted 已写入；duplicate 此前已有；conflict 与已有内容矛盾；quarantined 未通过检查",
        "accepted: written; duplicate: there already; conflict: contradicts what is there; quarantined: failed a check",
    )
    counts_from: date | None = about(
        "计入应答的首个日期：当日发生的自次日起计；空缺自公布之日起计",
        "first day whose answers show it: what happens today counts from tomorrow, and a vacancy from the day it opens",
        default=None,
    )  # fmt: skip
    faults: list[EventFault] = about("有误之处", "what is wrong", default=[])


class EventCounts(Answer):
    """received = accepted + duplicate + conflict + quarantined。 / The counts add up to what was received."""

    received: int = about("收到的事件数", "events received", ge=0)
    accepted: int = about("写入数", "written", ge=0)
    duplicate: int = about("重复数", "there already", ge=0)
    conflict: int = about("矛盾数", "contradicting", ge=0)
    quarantined: int = about("未通过检查数", "failed a check", ge=0)


Features = Annotated[
    Literal["current", "unchanged", "waiting"],
    Field(
        description="current：所涉民警的在线特征已更新；unchanged：无须更新；waiting：稍后更新 / "
        "current: features of these officers are brought forward; unchanged: nothing to bring forward; "
        "waiting: this will be done later"
    ),
]


class EventsAnswer(Answer):
    """每个事件一项结果，顺序不变。 / One result for each event, in order."""

    request_id: str = about("请求编号", "id of this request")
    counts: EventCounts = about("计数", "the counts")
    features: Features
    results: list[EventResult] = about("每个事件一项，顺序与请求一致", "one for each event, in the order sent")
