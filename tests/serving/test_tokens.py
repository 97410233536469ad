"""OIDC tokens: signed by the issuer, for us, in time, with a pinned algorithm; everything else opens nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from serving.access import issuer_keys
from serving.access.callers import callers_of
from serving.access.credential import AccessScope, Credential
from serving.access.tokens import EVERY_UNIT, OFFICER_CLAIM, REQUIRED, UNITS_CLAIM, Issuer, Tokens

ISSUER, AUDIENCE = "https://id.example", "pharos"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = int(time.time())
ROOT = Path(__file__).resolve().parents[2]
GUIDES = "data_contracts/documents/guides"
CLAIMS_TOLD = (
    f"{GUIDES}/planning-systems.md", f"{GUIDES}/planning-systems.zh-CN.md", "serving/deploy/SETTINGS.md"
)  # fmt: skip


def published(key: Any, key_id: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    told: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {**told, "kid": key_id, "use": "sig"}


def token(key: Any = KEY, key_id: str = "k1", algorithm: str = "RS256", **changed: Any) -> str:
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "planner", "exp": NOW + 3600,
        "scope": "recommend:read risk:read openid", "pharos_units": ["u-0-1"], **changed,
    }  # fmt: skip
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": key_id})


@pytest.fixture(scope="module")
def jwks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("issuer") / "jwks.json"
    file.write_text(json.dumps({"keys": [published(KEY, "k1")]}))
    return file


@pytest.fixture(scope="module")
def tokens(jwks: Path) -> Tokens:
    return Tokens(Issuer(ISSUER, AUDIENCE, str(jwks)))


def test_a_good_token_says_who_calls_and_how_far_that_reaches(tokens: Tokens) -> None:
    caller = tokens.credential(token())
    assert caller is not None
    assert caller.subject == f"oidc:{ISSUER}#planner"
    assert caller.scopes == {AccessScope.RECOMMEND_READ, AccessScope.RISK_READ}
    assert (caller.units, caller.officer_id, caller.everywhere) == (("u-0-1",), None, False)
    whole = tokens.credential(token(pharos_units=["*"], scope=None, scp=["audit:read", "mail"]))
    assert whole is not None
    assert (whole.units, whole.scopes) == (None, frozenset({AccessScope.AUDIT_READ}))
    own = tokens.credential(token(pharos_units=None, pharos_officer_id="o-1"))
    assert own is not None
    assert (own.units, own.officer_id) == ((), "o-1")


@pytest.mark.parametrize("page", CLAIMS_TOLD)
def test_those_who_set_up_an_issuer_are_told_every_claim_and_what_one_without_units_sees(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    claims = (*REQUIRED, "scope", "scp", UNITS_CLAIM, OFFICER_CLAIM)
    assert [one for one in claims if f"`{one}`" not in text] == []
    (units,) = (line for line in text.splitlines() if f"`{UNITS_CLAIM}`" in line)
    for words in ("200", "`not_scored`", "`unknown_officer`", f'`["{EVERY_UNIT}"]`'):
        assert words in units


def coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(algorithm: str) -> str:
    header = json.dumps({"typ": "JWT", "kid": "k1", "alg": algorithm}).encode()
    return f"{coded(header)}.{token().split('.')[1]}."


def with_public_key_as_secret() -> str:
    """The classic confusion: the issuer's public key as the secret of an HMAC."""
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = unsigned("HS256").rstrip(".")
    return f"{signed}.{coded(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"


WRONG = {
    "another key": token(OTHER), "unknown key id": token(key_id="k2"), "another algorithm": token(algorithm="RS512"),
    "none": unsigned("none"), "no signature": unsigned("RS256"), "confused": with_public_key_as_secret(),
    "issuer": token(iss="https://else.example"), "audience": token(aud="other"), "no audience": token(aud=None),
    "late": token(exp=NOW - 3600), "no end": token(exp=None), "no subject": token(sub=None),
    "no issuer": token(iss=None), "too early": token(nbf=NOW + 3600), "units not a list": token(pharos_units="*"),
    "units not names": token(pharos_units=[1]), "officer not a name": token(pharos_officer_id=7), "empty": "",
    "no letter in the subject": token(sub=""), "a blank subject": token(sub=" \t"),
    "an invisible subject": token(sub="planner\n"), "units with a blank": token(pharos_units=["u-0-1", ""]),
    "units of another shape": token(pharos_units={"u-0-1": True}),
    "an officer without a name": token(pharos_officer_id=""),
    "scope a number": token(scope=7), "scope a mapping": token(scope={"risk:read": True}),
    "scope true": token(scope=True),
    "scopes not names": token(scope=["risk:read", 3]), "scp not names": token(scope=None, scp=[["risk:read"]]),
    "letters": "a.b.c", "dots": "....", "cut": token()[:-3], "longer": token() + "xx",
}  # fmt: skip


CLAIMED: dict[str, dict[str, Any]] = {  # what an encoder of ours would not write
    "subject a number": {"sub": 7}, "subject a list": {"sub": ["planner"]}, "subject null": {"sub": None},
    "units null": {"pharos_units": None}, "officer null": {"pharos_officer_id": None}, "scope null": {"scope": None},
    "an end without end": {"exp": float("inf")}, "an end that is none": {"exp": []},
    "a start that is none": {"nbf": {}},
    "issued never": {"iat": float("nan")},
}  # fmt: skip


@pytest.mark.parametrize("why", CLAIMED)
def test_a_signed_claim_of_a_strange_kind_opens_nothing(tokens: Tokens, why: str) -> None:
    told = {**jwt.decode(token(), options={"verify_signature": False}), **CLAIMED[why]}
    raw = jwt.PyJWS().encode(json.dumps(told).encode(), KEY, "RS256", {"kid": "k1"})
    assert tokens.credential(raw) is None


def test_a_token_that_grants_nothing_is_a_known_caller_without_scope_or_unit(tokens: Tokens) -> None:
    caller = tokens.credential(token(scope=None, pharos_units=None))
    assert caller is not None
    assert (caller.scopes, caller.units, caller.everywhere) == (frozenset(), (), False)


@pytest.mark.parametrize("why", WRONG)
def test_what_is_not_a_good_token_opens_nothing(tokens: Tokens, why: str) -> None:
    assert tokens.credential(WRONG[why]) is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: f"{coded(raw)}.e30.x"))
def test_no_text_breaks_the_reading_of_tokens(tokens: Tokens, text: str) -> None:
    assert tokens.credential(text) is None


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 600), letter=st.sampled_from("AZaz09-_"))
def test_no_changed_letter_keeps_a_token_good(tokens: Tokens, place: int, letter: str) -> None:
    good = WELL_SIGNED
    signed = good.rindex(".")  # the last letters of a signature may code spare bits
    changed = good[: place % signed] + letter + good[place % signed + 1 :]
    if changed != good:
        assert tokens.credential(changed) is None


WELL_SIGNED = token()


def test_only_pinned_asymmetric_algorithms_and_safe_places_may_be_set(jwks: Path) -> None:
    wrong: tuple[tuple[str, ...], ...] = (("HS256",), ("none",), (), ("RS256", "HS512"))
    for algorithms in wrong:
        with pytest.raises(InvalidInput, match="PHAROS_OIDC_ALGORITHMS"):
            Issuer(ISSUER, AUDIENCE, str(jwks), algorithms)
    for place in ("http://id.example/jwks", "ftp://id.example/jwks", "http://127.0.0.1.evil.example/jwks"):
        with pytest.raises(InvalidInput, match="https or from a file"):
            Issuer(ISSUER, AUDIENCE, place)


def test_an_issuer_is_named_in_whole_or_not_at_all(jwks: Path) -> None:
    def today() -> date:
        return date(2026, 1, 1)

    with pytest.raises(InvalidInput, match="together"):
        callers_of(Settings(oidc_issuer=ISSUER), today)
    named = Settings(oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks=str(jwks))
    assert callers_of(named, today).tokens is not None
    assert callers_of(Settings(), today).tokens is None


def test_a_key_of_another_kind_than_its_token_says_opens_nothing(tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [published(curve, "k1"), {"kty": "oct", "kid": "k3", "k": "c2VjcmV0"}]}))
    both = Tokens(Issuer(ISSUER, AUDIENCE, str(file), ("RS256", "ES256")))
    assert both.credential(token(curve, algorithm="ES256")) is not None
    assert both.credential(token(KEY)) is None
    assert Tokens(Issuer(ISSUER, AUDIENCE, str(file))).credential(token(curve, algorithm="ES256")) is None


class JwksServer(ThreadingHTTPServer):
    """An issuer's address, how often it was asked, and how long it takes for each letter of an answer."""

    keys: list[dict[str, Any]]
    asked = 0
    letter_seconds = 0.0
    elsewhere: Mapping[str, str] = MappingProxyType({})


class _Jwks(BaseHTTPRequestHandler):
    server: JwksServer

    def do_GET(self) -> None:
        body = json.dumps({"keys": self.server.keys}).encode()
        self.server.asked += 1
        if moved := self.server.elsewhere.get(self.path):
            self.wfile.write(f"HTTP/1.1 302 Found\r\nlocation: {moved}\r\n\r\n".encode())
            return
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        with suppress(OSError):  # who asked may have had enough
            for letter in range(len(answer)) if self.server.letter_seconds else ():
                self.wfile.write(answer[letter : letter + 1])
                time.sleep(self.server.letter_seconds)
            if not self.server.letter_seconds:
                self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def issuer() -> Iterator[JwksServer]:
    server = JwksServer(("127.0.0.1", 0), _Jwks)
    server.keys = [published(KEY, "k1")]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_keys_that_the_issuer_changes_are_followed_but_not_asked_for_without_end(issuer: JwksServer) -> None:
    now = [0.0]
    there = Tokens(Issuer(ISSUER, AUDIENCE, f"http://127.0.0.1:{issuer.server_port}/jwks"), lambda: now[0])
    assert there.credential(token()) is not None
    issuer.keys = [published(OTHER, "k2")]
    for _ in range(20):
        assert there.credential(token(OTHER, "k2")) is None
    assert issuer.asked == 1, "strangers with invented key ids do not make us a nuisance"
    now[0] = 61.0
    assert there.credential(token(OTHER, "k2")) is not None
    assert there.credential(token()) is None, "a key that the issuer took away opens nothing any more"
    issuer.shutdown()
    issuer.server_close()
    now[0] = 4000.0
    assert there.credential(token(OTHER, "k2")) is not None, "an issuer that is down does not lock everybody out"


def until_true(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30.0
    while not holds():
        assert time.monotonic() < ends, "it never came to be"
        time.sleep(0.01)


@pytest.fixture
def slow(issuer: JwksServer, monkeypatch: pytest.MonkeyPatch) -> JwksServer:
    """An issuer whose whole answer takes minutes, none of its letters long, asked by us for two seconds at most."""
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 2.0)
    issuer.letter_seconds = 0.2
    return issuer


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_a_slow_issuer_and_a_stranger_stop_nobody_whose_key_is_known(
    slow: JwksServer, crowd: ThreadPoolExecutor
) -> None:
    now, slow.letter_seconds = [0.0], 0.0
    there = Tokens(Issuer(ISSUER, AUDIENCE, f"http://127.0.0.1:{slow.server_port}/jwks"), lambda: now[0])
    assert there.credential(token()) is not None
    slow.letter_seconds, now[0] = 0.2, 61.0
    stranger = crowd.submit(there.credential, token(OTHER, "invented"))
    until_true(lambda: slow.asked == 2)
    assert there.credential(token()) is not None
    assert not stranger.done(), "who is known was answered while the issuer was still being read"
    assert stranger.result(30.0) is None, "the whole reading has one bound, however its letters come"
    assert [there.credential(token(OTHER, f"invented {n}")) for n in range(5)] == [None] * 5
    assert slow.asked == 2, "strangers are refused without asking the issuer again"
    slow.letter_seconds, slow.keys, now[0] = 0.0, [published(OTHER, "k2")], 122.0
    assert there.credential(token(OTHER, "k2")) is not None, "and after its time a reading may begin again"


def test_only_a_few_wait_for_a_slow_issuer(slow: JwksServer, crowd: ThreadPoolExecutor) -> None:
    """The threads that tell callers apart are few, and holders of API keys need them as well."""
    there = Tokens(Issuer(ISSUER, AUDIENCE, f"http://127.0.0.1:{slow.server_port}/jwks"))
    asked: list[Future[Credential | None]] = [crowd.submit(there.credential, token()) for _ in range(12)]
    told = [one.exception(30.0) for one in asked]
    assert all(isinstance(why, NotReady) for why in told)
    assert sum("enough callers wait" in str(why) for why in told) == len(asked) - issuer_keys.MOST_WAITING
    with pytest.raises(NotReady, match="PHAROS_OIDC_JWKS"):
        there.credential(token())
    assert slow.asked == 1, "not knowing anybody is said at once until the issuer may be asked again"


def test_an_issuer_that_sends_us_to_an_unsafe_address_is_not_followed(
    issuer: JwksServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "LOCAL_HOSTS", ("localhost",))  # any other name is now somebody else's
    there, away = (f"http://{host}:{issuer.server_port}" for host in ("localhost", "127.0.0.1"))
    issuer.elsewhere = {"/jwks": f"{there}/moved"}
    assert Tokens(Issuer(ISSUER, AUDIENCE, f"{there}/jwks")).credential(token()) is not None
    for place in (f"{away}/moved", "ftp://localhost/jwks", "file:///etc/hostname"):
        issuer.elsewhere, issuer.asked = {"/jwks": place}, 0
        with pytest.raises(NotReady, match="PHAROS_OIDC_JWKS"):
            Tokens(Issuer(ISSUER, AUDIENCE, f"{there}/jwks")).credential(token())
        assert issuer.asked == 1


@pytest.mark.parametrize("text", [None, "not json", '{"keys": 3}', "[]"])
def test_an_issuer_whose_keys_cannot_be_had_is_said(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "jwks.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(NotReady, match="PHAROS_OIDC_JWKS"):
        Tokens(Issuer(ISSUER, AUDIENCE, str(file))).credential(token())
