"""The service as a typed Python object: a method for each question, asked again where that is safe.

It needs httpx and pydantic and nothing of the models: it is made of the schemas that the service itself checks by.

    with PharosClient("https://pharos.example", api_key=key) as pharos:
        answer = pharos.next_posts(NextPostsRequest(officer_ids=["o-104"]))
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from serving.client.bounded import BoundedTransport, until
from serving.client.refusals import RequestRefused, foreign, late, refusal_of, sendable, unreachable
from serving.client.retries import Retries
from serving.concerns.schemas import (
    ConcernsAnswer,
    ConcernsRequest,
    OpenConcernsAnswer,
    OpenConcernsRequest,
    ThemesAnswer,
    ThemesRequest,
)
from serving.courses.schemas import CoursesAnswer, CoursesRequest
from serving.events.schemas import EventsAnswer, EventsRequest
from serving.feedback.schemas import FeedbackAnswer, FeedbackRequest
from serving.matching.schemas import MatchAnswer, MatchRequest
from serving.paths.schemas import PathsAnswer, PathsRequest
from serving.points.schemas import PointsAnswer, PointsRequest
from serving.review.schemas import (
    ActAnswer,
    ActRequest,
    CasesAnswer,
    CasesRequest,
    MineAnswer,
    MineRequest,
    OptOutAnswer,
    OptOutRequest,
)
from serving.risk.schemas import RiskAnswer, RiskRequest
from serving.schemas import Health, ModelsAnswer, NextPostsAnswer, NextPostsRequest, Readiness
from serving.talent.profile_schemas import ProfileAnswer, ProfileRequest
from serving.talent.shortlist_schemas import ShortlistAnswer, ShortlistRequest
from serving.units.schemas import UnitsAnswer, UnitsRequest

Told = TypeVar("Told", bound=BaseModel)
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
IN_ALL_SECONDS = 120.0


def fresh_id() -> str:
    """An id for an event or a piece of feedback; make it once and keep it with what you send, however often.

    >>> len(fresh_id())
    32
    """
    return uuid.uuid4().hex


class PharosClient:
    """Asks one service. Show an `api_key`, or a `token` provider that is asked anew for every attempt.

    Every method raises RequestRefused, and nothing else, where no answer came. `tls` is what httpx takes: a context
    with the department's own authority or a client certificate. `timeout` is for each silence; an answer that has not
    come whole, head and body, `in_all` seconds after the question, with all attempts and the pauses between them, is
    not waited for any more. May be shared between threads.
    """

    def __init__(
        self,
        address: str,
        *,
        api_key: str | None = None,
        token: Callable[[], str] | None = None,
        retries: Retries | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        in_all: float = IN_ALL_SECONDS,
        tls: Any = True,
    ) -> None:
        self._key, self._token, self._in_all = api_key, token, in_all
        self._retries = retries or Retries()
        self._http = httpx.Client(base_url=address, timeout=timeout, transport=BoundedTransport(tls), trust_env=False)

    def risk(self, question: RiskRequest) -> RiskAnswer:
        """Risk with its reasons."""
        return self._ask("/v1/risk", question, RiskAnswer)

    def next_posts(self, question: NextPostsRequest) -> NextPostsAnswer:
        """The next posts."""
        return self._ask("/v1/next_posts", question, NextPostsAnswer)

    def units(self, question: UnitsRequest) -> UnitsAnswer:
        """Units and blocks: grade, trend and what drives it."""
        return self._ask("/v1/units", question, UnitsAnswer)

    def paths(self, question: PathsRequest) -> PathsAnswer:
        """Paths to a goal."""
        return self._ask("/v1/paths", question, PathsAnswer)

    def points(self, question: PointsRequest) -> PointsAnswer:
        """Points line by line."""
        return self._ask("/v1/points", question, PointsAnswer)

    def match(self, question: MatchRequest) -> MatchAnswer:
        """Wishes matched to vacancies."""
        return self._ask("/v1/match", question, MatchAnswer)

    def shortlist(self, question: ShortlistRequest) -> ShortlistAnswer:
        """Talent short lists with evidence."""
        return self._ask("/v1/shortlist", question, ShortlistAnswer)

    def profile(self, question: ProfileRequest) -> ProfileAnswer:
        """Profiles against peers, and what a unit can do."""
        return self._ask("/v1/profile", question, ProfileAnswer)

    def courses(self, question: CoursesRequest) -> CoursesAnswer:
        """Suggested courses."""
        return self._ask("/v1/courses", question, CoursesAnswer)

    def concerns(self, question: ConcernsRequest) -> ConcernsAnswer:
        """What the words of concerns are about, how urgent they are, and who helps."""
        return self._ask("/v1/concerns", question, ConcernsAnswer)

    def concerns_open(self, question: OpenConcernsRequest) -> OpenConcernsAnswer:
        """Concerns that are open, and to whom they go on."""
        return self._ask("/v1/concerns/open", question, OpenConcernsAnswer)

    def concerns_themes(self, question: ThemesRequest) -> ThemesAnswer:
        """What concerns of a month were about, by unit, without small groups."""
        return self._ask("/v1/concerns/themes", question, ThemesAnswer)

    def feedback(self, given: FeedbackRequest) -> FeedbackAnswer:
        """What officers did with suggestions; each piece counts once, by its id."""
        return self._ask("/v1/feedback", given, FeedbackAnswer)

    def events(self, happened: EventsRequest) -> EventsAnswer:
        """Events for the records; each counts once, by its id and by its content."""
        return self._ask("/v1/events", happened, EventsAnswer)

    def cases(self, question: CasesRequest) -> CasesAnswer:
        """The warnings that wait for people, in the caller's units."""
        return self._ask("/v1/cases", question, CasesAnswer)

    def cases_act(self, step: ActRequest) -> ActAnswer:
        """One step of a case; its idempotency key makes it count once."""
        return self._ask("/v1/cases/act", step, ActAnswer)

    def mine(self, question: MineRequest) -> MineAnswer:
        """What was used about an officer, and what came of it."""
        return self._ask("/v1/mine", question, MineAnswer)

    def opt_out(self, wish: OptOutRequest) -> OptOutAnswer:
        """Out of being assessed by the system alone, or in again; the same wish again changes nothing."""
        return self._ask("/v1/opt_out", wish, OptOutAnswer)

    def model(self) -> ModelsAnswer:
        """The models that answer."""
        return self._ask("/v1/model", None, ModelsAnswer)

    def livez(self) -> Health:
        """Whether the process is alive."""
        return self._ask("/livez", None, Health)

    def readyz(self) -> Readiness:
        """Whether it can answer."""
        return self._ask("/readyz", None, Readiness)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Self:
        """For a `with` block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let the connections go."""
        self.close()

    def _ask(self, path: str, body: BaseModel | None, answer: type[Told]) -> Told:
        attempt, end = 1, time.monotonic() + self._in_all
        while True:
            try:
                return self._once(path, body, answer, end)
            except RequestRefused as refused:
                if not self._retries.again(refused, attempt, end - time.monotonic()):
                    raise
            attempt += 1

    def _once(self, path: str, body: BaseModel | None, answer: type[Told], end: float) -> Told:
        response = self._whole(path, body, end)
        if response.status_code != httpx.codes.OK:
            raise refusal_of(response)
        try:
            return answer.model_validate_json(response.content, extra="ignore")  # a newer service may tell more
        except ValidationError as error:
            raise foreign(response.status_code, response.headers.get("x-request-id", "")) from error

    def _whole(self, path: str, body: BaseModel | None, end: float) -> httpx.Response:
        """The answer with its head and its body, which may come byte by byte, but not for ever."""
        headers, content = self._shown(), None if body is None else body.model_dump_json()
        if content is not None:
            headers["content-type"] = "application/json"
        status = 0
        try:
            method = "GET" if body is None else "POST"
            with until(end), self._http.stream(method, path, content=content, headers=headers) as coming:
                status = coming.status_code
                coming.read()
                return coming
        except httpx.TransportError as error:
            raise late(self._in_all) if time.monotonic() >= end else unreachable(error) from error
        except httpx.HTTPError as error:
            raise foreign(status, "") from error

    def _shown(self) -> dict[str, str]:
        if self._token is not None:
            return {"authorization": f"Bearer {sendable(self._token())}"}
        return {} if self._key is None else {"x-api-key": sendable(self._key)}
