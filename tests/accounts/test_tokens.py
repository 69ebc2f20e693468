"""Access and refresh tokens: A1 to A5 and A11."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.accounts import selectors, services
from apps.accounts.adapters import signing
from apps.accounts.models import RefreshFamily, RefreshToken, User
from apps.accounts.rules import digest
from apps.accounts.services import sessions
from apps.accounts.services.refusals import NotAuthenticated
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people

ME = "/api/v1/me"
REFRESH = "/api/v1/auth/refresh"


def refresh(token: str):
    return people.api().post(REFRESH, {"refresh": token})


@pytest.mark.django_db(transaction=True)
def test_of_eight_parallel_refreshes_one_succeeds(parallel):
    pair = people.log_in(people.customer())

    replies = parallel(8, lambda _: refresh(pair.refresh).status_code)

    assert sorted(replies) == [200] + [401] * 7
    # The seven are reuses: whoever they are, the family is over.
    assert RefreshFamily.objects.get().revoke_reason == "reuse"
    assert RefreshToken.objects.count() == 2


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_read_then_write_lets_several_refreshes_succeed(parallel, monkeypatch):
    import threading

    gate = threading.Barrier(8, timeout=60)

    class ReadThenWrite:
        def __init__(self, rows):
            self.rows = rows

        def update(self, *, used_at):
            row = self.rows.filter(used_at=None).first()
            gate.wait()
            if row is None:
                return 0
            row.used_at = used_at
            row.save()
            return 1

    def read_then_write(rows, *, at):
        return ReadThenWrite(rows)

    pair = people.log_in(people.customer())
    monkeypatch.setattr("apps.accounts.models.RefreshTokenQuerySet.spendable", read_then_write)

    replies = parallel(8, lambda _: refresh(pair.refresh).status_code)

    assert replies.count(200) > 1


@pytest.mark.django_db
def test_reuse_revokes_the_family_and_tells_the_owner():
    user = people.customer()
    first = people.log_in(user)
    second = refresh(first.refresh).json()
    other = people.log_in(user)

    reused = refresh(first.refresh)

    assert reused.status_code == 401
    assert reused.json()["error"]["code"] == "refresh_invalid"
    assert refresh(second["refresh"]).status_code == 401
    assert people.api(second["access"]).get(ME).status_code == 401
    assert people.api(other.access).get(ME).status_code == 200
    told = OutboxMessage.objects.filter(kind="accounts.refresh_token_reused")
    assert [row.payload for row in told] == [{"user_id": user.pk}]
    assert AuditEntry.objects.filter(action="accounts.user.refresh_reused").count() == 1


@pytest.mark.django_db
def test_tokens_are_stored_hashed_and_expire():
    pair = people.log_in(people.customer())
    row = RefreshToken.objects.get()
    assert row.digest == digest(pair.refresh) != pair.refresh

    with pytest.raises(NotAuthenticated):
        services.refresh_tokens(refresh=pair.refresh, at=row.expires_at)
    assert RefreshFamily.objects.get().revoked_at is None
    assert refresh(pair.refresh).status_code == 200
    for junk in ("", "x", "🍰" * 40, "3q2-7w" * 20):
        assert refresh(junk).status_code in (400, 401)


def _change_password(user):
    services.change_password(
        user_id=user.pk, current=people.PASSWORD, new="eight layer honey cake", at=clock.now()
    )


def _disable(user):
    services.disable_user(user_id=user.pk, actor="system", reason="test", at=clock.now())


def _anonymise(user):
    services.anonymise_user(user_id=user.pk, actor="system", reason="test", at=clock.now())


def _log_out_everywhere(user):
    services.end_sessions(user_id=user.pk, actor="system", at=clock.now())


@pytest.mark.parametrize(
    "end", [_change_password, _disable, _anonymise, _log_out_everywhere, User.delete]
)
@pytest.mark.django_db
def test_the_next_request_is_refused_after(end):
    user = people.customer()
    pair = people.log_in(user)
    window = people.browser(User.objects.get(pk=user.pk))
    assert people.api(pair.access).get(ME).status_code == 200
    assert window.get(ME).status_code == 200

    end(User.objects.get(pk=user.pk))

    assert people.api(pair.access).get(ME).status_code == 401
    assert refresh(pair.refresh).status_code == 401
    assert window.get(ME).status_code == 401


@pytest.mark.django_db
def test_a_log_in_that_was_checked_before_a_password_change_opens_nothing(monkeypatch):
    user = people.customer()
    checked = services.check_credentials(email=user.email, password=people.PASSWORD)

    def check_then_change(**_):
        _change_password(user)
        return checked

    monkeypatch.setattr(sessions, "check_credentials", check_then_change)

    with pytest.raises(NotAuthenticated):
        services.log_in(email=user.email, password=people.PASSWORD, at=clock.now())
    assert not RefreshFamily.objects.exists()


def _b64(value: dict | bytes) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _parts(token: str) -> tuple[dict, dict]:
    decoded = [json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]
    return decoded[0], decoded[1]


def _resigned(token: str, *, header: dict | None = None, key=None, **claims) -> str:
    """Sign anew with our own key, so that only the named difference can be the reason."""
    old_header, old_claims = _parts(token)
    body = {k: v for k, v in {**old_claims, **claims}.items() if v != "DROP"}
    new_header = {**old_header, **(header or {})}
    alg = new_header.pop("alg")
    return jwt.encode(body, key or signing._active()[1], algorithm=alg, headers=new_header)


@pytest.fixture
def good(db) -> str:
    return people.log_in(people.customer()).access


def _forgeries(good: str) -> dict[str, str]:
    header, claims = _parts(good)
    public = signing._active()[1].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    stranger = Ed25519PrivateKey.generate()
    body = good.split(".")[1]
    return {
        "alg none": f"{_b64({**header, 'alg': 'none'})}.{body}.",
        "alg none, signature kept": ".".join(
            [_b64({**header, "alg": "none"}), body, good.split(".")[2]]
        ),
        "alg None in capitals": f"{_b64({**header, 'alg': 'NoNe'})}.{body}.",
        "hmac with the public key": jwt.encode(
            claims, public, algorithm="HS256", headers={"kid": header["kid"], "typ": header["typ"]}
        ),
        "another key": _resigned(good, key=stranger),
        "kid traversal": _resigned(good, header={"kid": "../../../../dev/null"}),
        "kid of sql": _resigned(good, header={"kid": "x' UNION SELECT 'secret"}),
        "kid a list": _resigned(good).replace(
            good.split(".", maxsplit=1)[0], _b64({**header, "kid": ["derived"]})
        ),
        "jku": _resigned(good, header={"jku": "https://evil.example/keys"}),
        "x5u": _resigned(good, header={"x5u": "https://evil.example/cert"}),
        "jwk": _resigned(good, header={"jwk": {"kty": "OKP"}}, key=stranger),
        "crit": _resigned(good, header={"crit": ["exp"]}),
        "typ of another kind": _resigned(good, header={"typ": "rt+jwt"}),
        "wrong audience": _resigned(good, aud="another-api"),
        "audience among others": _resigned(good, aud=["bakery-api", "another-api"]),
        "wrong issuer": _resigned(good, iss="evil"),
        "no exp": _resigned(good, exp="DROP"),
        "no audience": _resigned(good, aud="DROP"),
        "no version": _resigned(good, ver="DROP"),
        "expired": _resigned(good, exp=claims["iat"] - 1),
        "issued in the future": _resigned(good, iat=claims["iat"] + 3600),
        "exp as text": _resigned(good).split(".")[0]
        + "."
        + _b64({**claims, "exp": "never"})
        + ".x",
        "another person": _resigned(good, sub="999999"),
        "no person": _resigned(good, sub="admin"),
        "older version": _resigned(good, ver=claims["ver"] - 1),
        "version as a table": _resigned(good, ver={"$gt": 0}),
        "another family": _resigned(good, fam=str(uuid4())),
        "family not a uuid": _resigned(good, fam="x"),
        "claims changed": ".".join(
            [good.split(".", maxsplit=1)[0], _b64({**claims, "sub": "1"}), good.split(".")[2]]
        ),
        "cut": good[:-10],
        "not a token": "abc",
        "three dots": "...",
        "deep": f"{_b64(header)}.{_b64(b'[' * 1500)}.x",
        "long": "a." * 5000,
    }


def test_forged_tokens_are_refused(good):
    assert people.api(good).get(ME).status_code == 200
    assert people.api(_resigned(good)).get(ME).status_code == 200, "the way of forging is sound"

    answers = {
        name: people.api(token).get(ME).status_code for name, token in _forgeries(good).items()
    }

    assert {name: status for name, status in answers.items() if status != 401} == {}


def test_a_refresh_token_is_no_access_token(good):
    pair = people.log_in(User.objects.get())
    assert people.api(pair.refresh).get(ME).status_code == 401


def _seed() -> str:
    return urlsafe_b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode().rstrip("=")


@pytest.mark.django_db
def test_keys_rotate_with_an_overlap(settings):
    old, new = f"old:{_seed()}", f"new:{_seed()}"
    settings.JWT_KEYS, settings.JWT_ACTIVE_KID = [old], "old"
    user = people.customer()
    first = people.log_in(user).access

    settings.JWT_KEYS = [old, new]
    assert people.api(first).get(ME).status_code == 200
    settings.JWT_ACTIVE_KID = "new"
    second = people.log_in(user).access
    assert jwt.get_unverified_header(second)["kid"] == "new"
    assert people.api(first).get(ME).status_code == 200
    assert people.api(second).get(ME).status_code == 200

    settings.JWT_KEYS = [new]
    assert people.api(first).get(ME).status_code == 401
    assert people.api(second).get(ME).status_code == 200


@pytest.mark.django_db
def test_log_out_ends_this_log_in_and_no_other():
    user = people.customer()
    here, there = people.log_in(user), people.log_in(user)

    reply = people.api().post("/api/v1/auth/logout", {"refresh": here.refresh})

    assert reply.status_code == 204
    assert refresh(here.refresh).status_code == 401
    assert people.api(here.access).get(ME).status_code == 401
    assert people.api(there.access).get(ME).status_code == 200
    again = people.api().post("/api/v1/auth/logout", {"refresh": "unknown"})
    assert again.status_code == 204


@pytest.mark.django_db
def test_sockets_learn_that_a_session_ended():
    user = people.customer()
    window = people.browser(user)
    key = window.session.session_key
    assert selectors.is_session_valid(key, user.pk)
    assert not selectors.is_session_valid(key, user.pk + 1)
    assert not selectors.is_session_valid(None, user.pk)
    assert not selectors.is_session_valid("unknown", user.pk)

    window.logout()
    assert not selectors.is_session_valid(key, user.pk)

    for end in (_log_out_everywhere, _change_password, _disable):
        window = people.browser(User.objects.get(pk=user.pk))
        key = window.session.session_key
        assert selectors.is_session_valid(key, user.pk)
        end(user)
        assert not selectors.is_session_valid(key, user.pk)


@pytest.mark.django_db
def test_an_access_token_lives_five_minutes(time_machine_at):
    pair = people.log_in(people.customer())
    assert pair.expires_in == 300
    with time_machine_at(timedelta(seconds=299)):
        assert people.api(pair.access).get(ME).status_code == 200
    with time_machine_at(timedelta(seconds=301)):
        assert people.api(pair.access).get(ME).status_code == 401


@pytest.mark.django_db
def test_a_request_with_a_token_costs_one_query(django_assert_num_queries):
    access = people.log_in(people.customer()).access
    with django_assert_num_queries(1):
        claims = signing.read_access(access)
        owner = selectors.token_owner(
            user_id=claims.user_id,
            token_version=claims.token_version,
            family=claims.family,
            otp=claims.otp,
        )
    assert owner is not None


@pytest.mark.django_db
def test_what_has_expired_is_purged_and_nothing_else():
    user = people.customer()
    at = clock.now()
    old = people.log_in(user)
    services.mint_mailbox_token(user_id=user.pk, purpose="reset_password", at=at)
    later = at + timedelta(days=22)
    fresh = services.log_in(email=user.email, password=people.PASSWORD, at=later)

    assert services.purge_expired(at=at) == 0
    assert services.purge_expired(at=later) == 3
    assert [row.digest for row in RefreshToken.objects.all()] == [digest(fresh.refresh)]
    assert RefreshFamily.objects.count() == 1
    assert old.refresh != fresh.refresh
