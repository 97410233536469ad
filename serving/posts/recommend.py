"""`POST /v1/next_posts` without the web: officers in, posts with both scores, reasons and rules out.

An officer without any known posting gets the posts that those who joined on the same track began in, and the answer
says so (`cold_start`) and which rules cannot be asked before a first post. A post that an officer declined stays away
without a cause, chance may try the last place, and all that is shown is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, ItemKind
from serving.feedback.declines import Declined as KeptAway
from serving.feedback.suggesting import Asked as Showing
from serving.feedback.suggesting import Suggested, Suggester
from serving.feedback.telling import told_declined
from serving.freshness import UNKNOWN, UNREAD, AgeLimits, FeatureSource, Fresh, other_day, read_fresh
from serving.names import Names
from serving.night.manifest import ModelIdentity
from serving.on_force import left_by
from serving.posts.career_records import CareerRecord
from serving.posts.schemas import suggested_posts
from serving.schemas import (
    LIKELIHOOD,
    LIKELIHOOD_OF_FIRST,
    Because,
    BlockedBy,
    ModelName,
    NextPostsAnswer,
    NextPostsRequest,
    NotScored,
    PostsRanked,
)
from serving.talent.records import day_asked
from serving.waiting import still_wanted, while_wanted
from serving.words import rules_of

if TYPE_CHECKING:
    from models.eligibility.opening import Opening
    from models.posts.suggestions import Suggestions, Unmet  # brings torch

NO_POSTS = Because(code="no_posts", zh="没有可建议的岗位", en="there is no post to suggest")
NO_PLACES = Because(
    code="no_open_places",
    zh="没有可建议的空缺岗位；可不限空缺再问",
    en="no post with open places is on record; ask again without open_only",
)
NAMED = 5  # posts named in a notice
SHORT = 2  # posts, the present one among them: what backtests call a short history


@dataclass(frozen=True)
class Asked:
    """How many posts an officer wants to see, and which."""

    top: int
    open_only: bool = False
    with_barred: bool = False

    @property
    def nothing(self) -> Because:
        """Why there may be nothing to show."""
        return NO_PLACES if self.open_only else NO_POSTS


@dataclass(frozen=True)
class Advised:
    """What was found for one officer, whether rules were checked, and how many posts of the career are known.

    `waiting` are posts newer than the model that it could not score for anybody; `unchecked` are by post the rules that
    could not be asked of an officer who never held any, and `began` says that where others began decided. `opening` is
    from when a post could be open, where rules bar them all; `notices` say why a stated goal is no part of the fit.
    """

    officer_id: str
    found: Suggestions
    rules_checked: bool
    posts_held: int
    waiting: tuple[str, ...] = ()
    unchecked: Mapping[str, tuple[Unmet, ...]] = field(default_factory=dict)
    began: bool = False
    opening: Opening | None = None
    notices: tuple[Because, ...] = ()


class PostRanker(Protocol):
    """What suggests posts to a frame of officers (`officer_id`, `as_of` and the features of its service).

    One answer for each row, in order, with at most `asked.top` posts. Null features mean an officer without a known
    posting; without a record no rules are checked and no fit is told.
    """

    def __call__(
        self, frame: pd.DataFrame, asked: Asked, record: CareerRecord | None, policy: Policy
    ) -> Sequence[Advised]:
        """Suggested posts."""
        ...

    @property
    def names(self) -> Mapping[str, Bilingual]:
        """Names of posts, where they are known."""
        ...


def no_records(_officer_ids: Sequence[str], _as_of: date) -> CareerRecord | None:
    """Where no history is read at all."""
    return None


@dataclass(frozen=True)
class CareerDesk:
    """Everything that `/v1/next_posts` needs, fixed at start; `records` reads what the history told by a day."""

    model: ModelIdentity
    ranker: PostRanker
    source: FeatureSource
    suggester: Suggester
    policy: Policy
    records: Callable[[Sequence[str], date], CareerRecord | None] = no_records

    def answer(self, request: NextPostsRequest, request_id: str, now: datetime) -> NextPostsAnswer:
        """One result for each officer, in order; raises InvalidInput for a day that has not come yet.

        Nobody is answered for a day other than that of the features at hand, whoever has none among them: what is
        popular with peers is what the model knows now.
        """
        day_asked(request.as_of, now)
        limits = AgeLimits.of(self.policy)
        fresh = read_fresh(
            self.source, request.officer_ids, self.model.service, asked=request.as_of, now=now, limits=limits
        )
        results: dict[str, PostsRanked | NotScored] = {
            name: NotScored(officer_id=name, because=why)
            for name, why in fresh.refused.items()
            if why not in (UNKNOWN, UNREAD)
        }
        unknown = self._cold(fresh, request.as_of, results)
        ids = list(dict.fromkeys(str(one) for frame in (fresh.frame, unknown) for one in frame["officer_id"]))
        record = self.records(ids, fresh.as_of) if ids else None
        still_wanted()
        left = {} if record is None else left_by(record.frames, ids)
        results |= {name: NotScored(officer_id=name, because=why) for name, why in left.items()}
        ids = [one for one in ids if one not in left]
        away = self.suggester.away(ids, local_day(now))
        asked = Asked(self.suggester.needed(request.top, away), request.open_only, request.with_barred)
        found: dict[str, Advised] = {}
        for whole in (fresh.frame, unknown):
            frame = whole[~whole["officer_id"].astype(str).isin(set(left))]
            if len(frame):
                advised = self.ranker(frame, asked, record, self.policy)
                still_wanted()
                found |= {one.officer_id: one for one in advised}
        showing = Showing(request_id, ItemKind.POST.value, self.model, fresh.read_as_of, now)
        ranked = {name: [(one.post_id, one.likelihood) for one in told.found.open] for name, told in found.items()}
        shown = self.suggester.shown(showing, ranked, request.top, away)
        names = _names(found.values(), record, self.ranker.names)
        for name, told in while_wanted(found.items()):
            kept = _kept(told, shown[name], away.get(name, ()), request.top)
            results[name] = self._result(kept, shown[name].away, (asked.nothing, names), fresh.behind.get(name))
        return NextPostsAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=fresh.read_as_of,
            feature_age_hours=fresh.age_hours,
            degraded=fresh.degraded,
            notices=[*fresh.notices, *_waiting(found.values())],
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _cold(self, fresh: Fresh, asked: date | None, results: dict[str, PostsRanked | NotScored]) -> pd.DataFrame:
        """Rows of those who start cold; of another day than the store's there are none, and `results` says so."""
        filled = self.source.filled_as_of(self.model.service)
        if asked is None or filled is None or asked == filled:
            return fresh.unknown
        why = other_day(filled, asked)
        results |= {str(one): NotScored(officer_id=str(one), because=why) for one in fresh.unknown["officer_id"]}
        return fresh.unknown[:0]

    def _result(
        self,
        one: Advised,
        away: Sequence[KeptAway],
        words: tuple[Because, Mapping[str, Bilingual]],
        behind: date | None,
    ) -> PostsRanked | NotScored:
        """`words`: why there may be nothing to show, and the names of posts."""
        nothing, names = words
        if not (one.found.open or one.found.barred or away):
            return NotScored(officer_id=one.officer_id, because=nothing)
        return PostsRanked(
            officer_id=one.officer_id,
            without_events_since=behind,
            cold_start=one.posts_held == 0,
            short_history=one.posts_held <= SHORT,
            rules_checked=one.rules_checked,
            rules_not_checked=_not_checked(one),
            likelihood_of=LIKELIHOOD_OF_FIRST if one.began else LIKELIHOOD,
            posts=suggested_posts(one.found.open, names),
            barred=suggested_posts(one.found.barred, names),
            declined=[told_declined(kept, names.get(kept.item)) for kept in away],
            because=None if one.found.open or one.opening is None else nothing_open(
                one.opening, names, {kept.item for kept in away}),
            notices=list(one.notices),
        )  # fmt: skip


def nothing_open(found: Opening, names: Mapping[str, Bilingual], declined: Collection[str]) -> Because:
    """Why no post is open and from when the first could be; a post that the officer declined is not named."""
    first = Bilingual("", "")
    if found.post_id is not None and found.post_id not in declined:
        name, day = names.get(found.post_id, Bilingual(found.post_id, found.post_id)), found.opens_on
        first = Bilingual(f"；仅凭年限最先可选的是“{name.zh}”（{day}）", f"; the first that time alone opens is "
                          f"“{name.en}”, on {day}")  # fmt: skip
    elif found.post_id is None:
        first = Bilingual(
            "；每个岗位另有年限以外的条件", "; each asks for more than time: what it lacks stands with the posts barred"
        )
    if found.before is None or found.bar is None:
        return Because(
            code="nothing_open", zh=f"目前没有可选岗位{first.zh}", en=f"no post is open to you now{first.en}"
        )
    return Because(
        code="nothing_open",
        zh=f"{found.before}之前没有可选岗位，因为{found.bar.zh}{first.zh}",
        en=f"no post is open to you before {found.before}, because of this rule: {found.bar.en}{first.en}",
    )


def _not_checked(one: Advised) -> list[BlockedBy]:
    """Of the posts shown, each rule that could not be checked once."""
    every = [rule for post in one.found.open for rule in one.unchecked.get(post.post_id, ())]
    each = {(rule.code, rule.en): rule for rule in every}.values()
    return rules_of(each)


def _names(
    found: Iterable[Advised], record: CareerRecord | None, known: Mapping[str, Bilingual]
) -> Mapping[str, Bilingual]:
    """Names of posts as the model knows them, and those of newer posts as they are on record."""
    found = list(found)
    shown = {post.post_id for one in found for post in (*one.found.open, *one.found.barred)}
    shown |= {one.opening.post_id for one in found if one.opening is not None and one.opening.post_id is not None}
    if record is None or shown <= known.keys():
        return known
    told = Names.of(record.frames, "posts", "post_id").known
    return {**{code: Bilingual(name.zh, name.en) for code, name in told.items()}, **known}


def _waiting(found: Iterable[Advised]) -> list[Because]:
    """A notice of the posts that nobody was scored for, where there are any."""
    posts = sorted({post for one in found for post in one.waiting})
    if not posts:
        return []
    some = posts[:NAMED]
    more_zh, more_en = (f"等{len(posts)}个", f" and {len(posts) - NAMED} more") if len(posts) > NAMED else ("", "")
    return [
        Because(
            code="posts_wait_for_training",
            zh=f"新设岗位{'、'.join(some)}{more_zh}尚未列入建议：记录中没有与其同职位类别或同序列、且模型已知的岗位；须重新训练模型",
            en=f"new posts wait for the next training and are not suggested until then: {', '.join(some)}{more_en}; "
            "no post that the model knows has their job family or track on record",
        )
    ]


def _kept(one: Advised, shown: Suggested, away: Sequence[KeptAway], top: int) -> Advised:
    """What is shown of what was found, in the order shown; a declined post is not among the barred ones either."""
    by_id = {post.post_id: post for post in one.found.open}
    out = {kept.item for kept in away if kept.item_kind == ItemKind.POST.value}
    barred = [post for post in one.found.barred if post.post_id not in out]
    chosen = tuple(by_id[item.item] for item in shown.items)
    return replace(one, found=replace(one.found, open=chosen, barred=tuple(barred[:top])))
