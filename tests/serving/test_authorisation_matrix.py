"""Who may see what: every address for every role, every reach and everybody who could be asked about.

The cells are made of the routes themselves: an address that is added has to be written down here before this passes.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from data_contracts.settings import Settings
from serving.access.reach import Sight
from serving.api.app import ADDRESSES, ROUTES
from serving.review.cases import CaseStore
from serving.review.states import OPEN
from tests.serving.authority import (
    EVERY_SCOPE,
    EVERYWHERE,
    NOBODYS,
    QUESTION_OF,
    ROOTS,
    Asked,
    Office,
    office,
    placements,
    places,
    roles,
    without,
)
from tests.serving.guidance_state import small_force

ANYBODY, KNOWN = "anybody", "any known caller"
OPENED_BY = {  # by hand: what a reader of the code would expect, not what the routes say
    "/v1/risk": "risk:read",
    "/v1/next_posts": "recommend:read",
    "/v1/units": "risk:read",
    "/v1/paths": "recommend:read",
    "/v1/points": "recommend:read",
    "/v1/match": "recommend:read",
    "/v1/shortlist": "recommend:read",
    "/v1/profile": "recommend:read",
    "/v1/courses": "recommend:read",
    "/v1/feedback": "feedback:write",
    "/v1/cases": "risk:read",
    "/v1/cases/act": "risk:read",
    "/v1/mine": "risk:read",
    "/v1/opt_out": "risk:read",
    "/v1/events": "events:write",
    "/v1/concerns": "concerns:read",
    "/v1/concerns/open": "concerns:read",
    "/v1/concerns/themes": "concerns:read",
    "/v1/model": KNOWN,
    "/openapi.json": KNOWN,
    "/docs": KNOWN,
    "/metrics": "metrics:read",
    "/livez": ANYBODY,
    "/readyz": ANYBODY,
    "/pages": KNOWN,
    "/pages/unit": "risk:read",
    "/pages/unit/preview": "risk:review",
    "/pages/unit/skills": "recommend:read",
    "/pages/cases": "risk:read",
    "/pages/case": "risk:read",
    "/pages/concerns": "concerns:read",
    "/pages/concerns/themes": "concerns:read",
    "/pages/concerns/triage": "concerns:read",
    "/pages/models": "model:promote",
    "/pages/model": "model:promote",
    "/pages/me": "recommend:read",
    "/pages/me/posts": "recommend:read",
    "/pages/me/courses": "recommend:read",
    "/pages/me/points": "recommend:read",
    "/pages/me/records": "risk:read",
    "/pages/me/say": "feedback:write",
    "/pages/me/goal": "events:write",
    "/pages/me/contest": "risk:read",
    "/pages/me/choice": "risk:read",
    "/pages/sign-in": ANYBODY,
    "/pages/sign-out": KNOWN,
    "/pages/language": KNOWN,
    "/pages/static/pages.css": ANYBODY,
    "/pages/static/htmx.min.js": ANYBODY,
    "/pages/static/lamp.svg": ANYBODY,
}
AUDITED = {
    "/v1/risk", "/v1/units", "/v1/feedback", "/v1/cases", "/v1/mine", "/v1/events", "/v1/concerns", "/v1/concerns/open",
    "/v1/concerns/themes",
}  # fmt: skip
MAY_ANSWER = {200, 409}  # of a change: it was made, or somebody's change came first
SAYS_NOTHING = {
    "/v1/paths",  # without a model of paths every answer is "not ready"
    "/v1/concerns",  # and without one of concerns
    "/v1/concerns/open",  # nothing stays open there: test_concerns.py looks at who sees what
    "/v1/concerns/themes",  # nor are there five people with one theme
    "/v1/cases",  # names nobody in its question: the test of lists looks at it
}
NO_SUCH_ADDRESS = "/v1/nothing_is_here"
ID = re.compile(r'"((?:o|u)-[0-9-]+)"')


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(Settings(state=tmp_path_factory.mktemp("matrix"))) as opened:
        yield opened


def opens(path: str, role: str) -> bool:
    """Whether an address is open to a role."""
    if OPENED_BY[path] == ANYBODY:
        return True
    return role not in NOBODYS and (role == EVERY_SCOPE or OPENED_BY[path] in (KNOWN, role))


def sees(root: str, asked: Asked) -> bool:
    """Whether a caller of that root may hear of somebody, worked out from the names of units alone."""
    units = ROOTS[root]
    if units is None:
        return True
    return any(asked.unit_id == unit or asked.unit_id.startswith(f"{unit}-") for unit in units)


def test_no_address_is_forgotten() -> None:
    assert set(OPENED_BY) == set(ADDRESSES)
    assert {path for path, question in QUESTION_OF.items() if question.audited} == AUDITED


def test_there_are_five_thousand_cells() -> None:
    assert len(ROUTES) * len(roles()) * len(ROOTS) * len(places()) >= 5000


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_a_door_opens_for_its_scope_alone_and_looks_like_no_door_without_it(service: Office, path: str) -> None:
    nowhere = service.send(NO_SUCH_ADDRESS, service.keys[EVERY_SCOPE, EVERYWHERE], None)
    wrong: list[tuple[str, str, str, int]] = []
    for role in roles():
        for root in ROOTS:
            for name, asked in places().items():
                if opens(path, role):
                    continue  # the next test looks at these
                answer = service.ask(path, role, root, asked)
                expected = 401 if role in NOBODYS else 404
                same = expected == 401 or without(answer, asked) == without(nowhere, asked)
                if answer.status_code != expected or not same:
                    wrong.append((role, root, name, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_behind_a_door_whoever_is_out_of_reach_looks_like_nobody(service: Office, path: str) -> None:
    seen: Counter[str] = Counter()
    for role in (role for role in roles() if opens(path, role)):
        for root in ROOTS:
            before = len(service.reads)
            nobody = service.ask(path, role, root, places()["nowhere"])
            for name, asked in places().items():
                answer = service.ask(path, role, root, asked)
                if path not in QUESTION_OF:
                    assert answer.status_code == nobody.status_code, (role, root, name)
                    continue
                assert not strangers(answer.text, root, asked), (role, root, name)
                if sees(root, asked):
                    assert answer.status_code in {nobody.status_code, *MAY_ANSWER}, (role, root, name, answer.text)
                    seen["told"] += without(answer, asked) != without(nobody, places()["nowhere"])
                else:
                    assert answer.status_code == nobody.status_code, (role, root, name)
                    assert without(answer, asked) == without(nobody, places()["nowhere"]), (role, root, name)
                    seen["hidden"] += 1
            if path in AUDITED and nobody.status_code == 200:
                assert len(service.reads) - before == len(places()) + 1, (role, root)
    if path in QUESTION_OF:
        assert seen["hidden"] > 0
        assert seen["told"] > 0 or path in SAYS_NOTHING


def test_a_list_is_as_long_as_its_reader_sees(service: Office) -> None:
    for root in ROOTS:
        answer = service.send("/v1/cases", service.keys[EVERY_SCOPE, root], {}).json()
        within = {asked.officer_id for asked in places().values() if sees(root, asked)} - {"nobody"}
        ended = {
            one.officer_id
            for one in CaseStore.of(small_force()).of_officers(sorted(within))
            if one.state not in OPEN  # another file of tests may have acted on it
        }
        assert {shown["officer_id"] for shown in answer["results"]} == within - ended
        assert answer["next"] is None


@pytest.mark.skipif("PHAROS_LONG" not in os.environ, reason="a thousand pairs of questions; set PHAROS_LONG=1")
@pytest.mark.parametrize("path", ["/v1/risk", "/v1/points", "/v1/profile", "/v1/mine", "/v1/units", "/v1/feedback"])
def test_time_does_not_tell_who_exists(service: Office, path: str) -> None:
    """Out of reach or not there: a rank-sum test of 1,000 pairs in random order cannot tell them apart."""
    order, took = np.random.default_rng(7), {"elsewhere": list[float](), "nowhere": list[float]()}
    asked = {"elsewhere": places()["the other sub-bureau"], "nowhere": places()["nowhere"]}
    for _ in range(1000):
        for name in order.permutation(list(asked)):
            began = time.perf_counter()
            service.ask(path, EVERY_SCOPE, "the sub-bureau", asked[name])
            took[name].append(time.perf_counter() - began)
    medians = {name: float(np.median(some)) for name, some in took.items()}
    unlike = mannwhitneyu(took["elsewhere"], took["nowhere"]).pvalue
    assert unlike > 1e-4 or abs(medians["elsewhere"] / medians["nowhere"] - 1) < 0.02, (unlike, medians)


def strangers(text: str, root: str, asked: Asked) -> set[str]:
    """Ids of officers and units in an answer that its caller may not hear of, other than those it named itself."""
    units = ROOTS[root]
    if units is None:
        return set()
    sight = Sight(placements().subtree(units))
    unit_of = placements().unit_of
    told = set(ID.findall(text)) - {asked.officer_id, asked.unit_id}
    return {
        one
        for one in told
        if (one in unit_of and not sight.names(one, unit_of[one])) or (one in _units() and not sight.covers(one))
    }


def _units() -> frozenset[str]:
    where = placements()
    return frozenset({*where.parents, *where.parents.values(), *where.unit_of.values()})
