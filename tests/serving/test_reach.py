"""How far a caller sees: who is elsewhere and who does not exist look exactly alike, in every answer."""

from __future__ import annotations

from pydantic import BaseModel

from serving.access.credential import AccessScope, Credential
from serving.access.placements import Placements
from serving.access.reach import EVERYWHERE, Sight, ids_named, veiled

WHERE = Placements(
    {"here": "station-1", "there": "station-2", "chief": "bureau", "lost": "nowhere"},
    {"station-1": "district-1", "station-2": "district-2", "district-1": "bureau", "district-2": "bureau",
     "loop-a": "loop-b", "loop-b": "loop-a"},
)  # fmt: skip


class Item(BaseModel):
    """Something about one officer."""

    officer_id: str


class Asked(BaseModel):
    """A body with ids wherever bodies have them."""

    officer_ids: list[str] = []
    unit_ids: list[str] = []
    items: list[Item] = []
    top: int = 5
    as_of: str | None = None


def sight(units: tuple[str, ...] | None = None, officer_id: str | None = None) -> Sight:
    return Sight.of(Credential("key:1", frozenset(AccessScope), units, officer_id), lambda: WHERE)


def test_a_subtree_is_the_unit_with_everything_under_it() -> None:
    district = sight(("district-1",))
    assert district.units == frozenset({"district-1", "station-1"})
    seen = [unit for unit in ("district-1", "station-1", "bureau", "station-2") if district.covers(unit)]
    assert seen == ["district-1", "station-1"]
    assert sight(("loop-a",)).units == frozenset({"loop-a", "loop-b"})
    assert sight(()).units == frozenset()
    assert sight(None) == EVERYWHERE


def test_ids_out_of_reach_never_arrive_and_come_back_as_they_were_asked() -> None:
    asked = Asked(
        officer_ids=["here", "there", "nobody", "there"],
        unit_ids=["station-1", "bureau"],
        items=[Item(officer_id="chief")],
    )
    seen, veil = veiled(asked, sight(("district-1",)), lambda: WHERE)
    assert (seen.officer_ids[0], seen.unit_ids[0]) == ("here", "station-1")
    told = seen.model_dump_json()
    assert [hidden for hidden in ("there", "chief", "bureau", "nobody") if hidden in told] == []
    assert seen.officer_ids[1] == seen.officer_ids[3]
    assert Asked.model_validate_json(veil.lifted(told)) == asked
    assert asked.officer_ids[1] == "there", "the request itself is not changed"


def test_ids_that_json_must_escape_come_back_as_they_were() -> None:
    odd = 'a"b\\c\u0007\u4e2d'
    seen, veil = veiled(Asked(officer_ids=[odd]), sight(("district-1",)), lambda: WHERE)
    assert Asked.model_validate_json(veil.lifted(seen.model_dump_json())).officer_ids == [odd]


def test_more_than_ten_hidden_ids_are_not_mixed_up() -> None:
    many = [f"x{number}" for number in range(120)]
    seen, veil = veiled(Asked(officer_ids=many), sight(("district-1",)), lambda: WHERE)
    assert Asked.model_validate_json(veil.lifted(seen.model_dump_json())).officer_ids == many


def test_an_officer_sees_themselves_and_no_one_else() -> None:
    own = sight(None, "there")
    seen, _ = veiled(Asked(officer_ids=["here", "there"], unit_ids=["station-2"]), own, lambda: WHERE)
    assert seen.officer_ids[1] == "there"
    assert "here" not in seen.officer_ids
    assert "station-2" not in seen.unit_ids
    assert own.names("there", "station-2")
    assert not own.names("here", "station-2")


def test_who_sees_all_asks_as_they_asked() -> None:
    asked = Asked(officer_ids=["nobody"])
    seen, veil = veiled(asked, EVERYWHERE, lambda: WHERE)
    assert seen is asked
    assert veil.lifted("text") == "text"


def test_an_officer_without_a_unit_is_seen_by_who_sees_all_only() -> None:
    assert EVERYWHERE.names("lost", None)
    assert not sight(("district-1",)).names("lost", None)


def test_every_id_of_an_answer_is_found() -> None:
    answer = {"results": [{"officer_id": "a", "unit_id": "u"}, {"listed": [{"officer_id": "b"}]}], "officer_ids": ["c"]}
    assert ids_named(answer) == ({"a", "b", "c"}, {"u"})
