"""Registering, confirming, resetting: the reply never tells whether there is an account (A8)."""

import statistics
import time

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from apps.accounts import selectors, services
from apps.accounts.models import Consent, MailboxRequest, MailboxToken, User
from bakery.kernel import clock
from bakery.kernel.errors import Invalid
from bakery.kernel.models import OutboxMessage
from tests.accounts import people

AUTH = "/api/v1/auth"
NEW_PASSWORD = "eight layer honey cake"


@pytest.fixture
def post():
    client = people.api()

    def send(path, body):
        return client.post(f"{AUTH}/{path}", body)

    return send


@pytest.fixture(autouse=True)
def _no_mail_limit(settings):
    settings.RATE_LIMITS = {
        **settings.RATE_LIMITS, "mailbox": "10000/hour", "mailbox_address": "10000/hour"
    }  # fmt: skip


def registration(**changes):
    body = {"email": "New@Example.com", "password": people.PASSWORD, "full_name": "Nan Baker"}
    return {**body, **changes}


def carry_out():
    """Do what the worker does with the stranger's request."""
    for request in MailboxRequest.objects.all():
        services.carry_out_mailbox_request(request_id=request.pk, at=clock.now())


def kinds():
    return set(OutboxMessage.objects.values_list("kind", flat=True))


@pytest.mark.django_db
def test_register_confirm_log_in(post):
    body = registration(phone="+14165550123", consents=["marketing_mail"])
    assert post("register", body).status_code == 202
    assert not User.objects.exists()

    carry_out()

    user = User.objects.get()
    assert (user.email, str(user.phone)) == ("new@example.com", "+14165550123")
    assert selectors.roles(user.pk) == ["customer"]
    assert selectors.consents(user.pk) == {
        "marketing_mail": True, "marketing_sms": False, "analytics": False
    }  # fmt: skip
    assert not MailboxRequest.objects.exists()
    credentials = {"email": "NEW@example.com", "password": people.PASSWORD}
    early = post("token", credentials)
    assert (early.status_code, early.json()["error"]["code"]) == (403, "mailbox_unverified")

    token = services.mint_mailbox_token(user_id=user.pk, purpose="verify_mailbox", at=clock.now())
    assert not MailboxToken.objects.filter(digest=token).exists()
    assert post("verify", {"token": token}).status_code == 204
    again = post("verify", {"token": token})
    assert (again.status_code, again.json()["error"]["code"]) == (400, "link_invalid")
    assert post("token", credentials).status_code == 200


@pytest.mark.django_db
def test_the_whole_way_through_the_worker(post, drain_outbox):
    assert post("register", registration()).status_code == 202
    OutboxMessage.objects.exclude(kind="accounts.mailbox_request_made").delete()
    from bakery.kernel import outbox

    outbox.drain(outbox.CRITICAL)
    assert User.objects.filter(email="new@example.com").exists()


@pytest.mark.django_db
def test_registering_a_known_address_changes_nothing_and_tells_its_owner(post):
    user = people.customer("new@example.com")
    before = User.objects.values().get()

    assert post("register", registration(password=NEW_PASSWORD)).status_code == 202
    carry_out()

    assert User.objects.values().get() == before
    assert user.check_password(people.PASSWORD)
    assert "accounts.registration_repeated" in kinds()


@pytest.mark.django_db
def test_a_link_confirms_only_the_registration_that_it_was_mailed_for(post):
    post("register", registration(password="attackers long password"))
    carry_out()
    user = User.objects.get()
    stale = services.mint_mailbox_token(user_id=user.pk, purpose="verify_mailbox", at=clock.now())

    post("register", registration())
    carry_out()

    assert post("verify", {"token": stale}).status_code == 400
    user.refresh_from_db()
    assert user.check_password(people.PASSWORD)
    assert user.email_verified_at is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "short"}, "weak_password"),
        ({"password": "password123"}, "weak_password"),
        ({"password": "1234567890123"}, "weak_password"),
        ({"password": "new@example.com"}, "weak_password"),
        ({"email": "nobody"}, "invalid"),
        ({"phone": "12"}, "invalid"),
        ({"consents": ["everything"]}, "invalid"),
        ({"password": "x" * 300}, "invalid"),
        ({"full_name": ""}, "invalid"),
    ],
)
@pytest.mark.django_db
def test_bad_registrations(post, changes, code):
    reply = post("register", registration(**changes))
    assert reply.status_code == (400 if code else 202)
    assert not code or reply.json()["error"]["code"] == code


@pytest.mark.django_db
def test_nobody_makes_themselves_staff(post):
    extra = {
        "is_staff": True,
        "is_superuser": True,
        "groups": [1],
        "email_verified_at": "2026-01-01T00:00Z",
    }
    assert post("register", registration(**extra)).status_code == 202
    carry_out()
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.email_verified_at) == (False, False, None)


@pytest.mark.django_db
def test_reset(post):
    user = people.customer()
    pair = people.log_in(user)
    assert post("password-reset", {"email": "ADA@example.com"}).status_code == 202
    carry_out()
    assert "accounts.password_reset_requested" in kinds()
    token = services.mint_mailbox_token(user_id=user.pk, purpose="reset_password", at=clock.now())

    weak = post("password-reset/confirm", {"token": token, "password": "short"})
    assert weak.json()["error"]["code"] == "weak_password"
    assert post("verify", {"token": token}).status_code == 400, "a link has one purpose"
    done = post("password-reset/confirm", {"token": token, "password": NEW_PASSWORD})
    assert done.status_code == 204
    again = post("password-reset/confirm", {"token": token, "password": NEW_PASSWORD})
    assert again.json()["error"]["code"] == "link_invalid"

    assert people.api(pair.access).get("/api/v1/me").status_code == 401
    assert post("refresh", {"refresh": pair.refresh}).status_code == 401
    old, new = (
        post("token", {"email": user.email, "password": password}).status_code
        for password in (people.PASSWORD, NEW_PASSWORD)
    )
    assert (old, new) == (401, 200)


@pytest.mark.django_db(transaction=True)
def test_a_reset_link_works_once_under_a_race(parallel):
    user = people.customer()
    token = services.mint_mailbox_token(user_id=user.pk, purpose="reset_password", at=clock.now())

    outcomes = parallel(
        6,
        lambda n: services.reset_password(
            token=token, password=f"{NEW_PASSWORD} number {n}", at=clock.now()
        ),
    )

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Invalid) for outcome in outcomes) == 5


@pytest.mark.django_db
def test_links_grow_old_and_die_with_the_account():
    user = people.customer()
    at = clock.now()
    token = services.mint_mailbox_token(user_id=user.pk, purpose="reset_password", at=at)
    expires = MailboxToken.objects.get().expires_at
    with pytest.raises(Invalid, match="too old"):
        services.reset_password(token=token, password=NEW_PASSWORD, at=expires)
    services.change_password(user_id=user.pk, current=people.PASSWORD, new=NEW_PASSWORD, at=at)
    with pytest.raises(Invalid, match="used already"):
        services.reset_password(token=token, password=people.PASSWORD, at=at)


@pytest.mark.django_db
def test_pages_of_links_change_nothing_when_looked_at(client):
    user = people.customer()
    User.objects.update(email_verified_at=None)
    mint = services.mint_mailbox_token
    token = mint(user_id=user.pk, purpose="verify_mailbox", at=clock.now())
    link = selectors.mailbox_link(purpose="verify_mailbox", token=token)
    path = link.removeprefix("http://127.0.0.1:8000")
    assert path.startswith("/account/verify/?token=")

    assert client.get(path).status_code == 200
    assert User.objects.get().email_verified_at is None
    assert b"is confirmed" in client.post("/account/verify/", {"token": token}).content
    assert User.objects.get().email_verified_at is not None
    assert client.post("/account/verify/", {"token": token}).status_code == 400

    token = mint(user_id=user.pk, purpose="reset_password", at=clock.now())
    assert client.get(f"/account/reset/?token={token}").status_code == 200
    form = {"token": token, "password": NEW_PASSWORD, "again": "another"}
    assert client.post("/account/reset/", form).status_code == 400
    assert client.post("/account/reset/", {**form, "again": NEW_PASSWORD}).status_code == 200
    assert User.objects.get().check_password(NEW_PASSWORD)


@pytest.mark.django_db
def test_links_never_use_the_host_header(client):
    for name in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST"):
        reply = client.post(
            f"{AUTH}/password-reset",
            {"email": "ada@example.com"},
            content_type="application/json",
            **{name: "evil.example"},
        )
        assert reply.status_code == (400 if name == "HTTP_HOST" else 202)
    with override_settings(PUBLIC_BASE_URL="https://shop.example"):
        link = selectors.mailbox_link(purpose="reset_password", token="t")
    assert link == "https://shop.example/account/reset/?token=t"


# --- A8: enumeration -----------------------------------------------------------------------

_REAL_HASHERS = ["bakery.edge.hashers.BakeryArgon2"]
# What differs between the two callers on purpose: nothing. What differs by nature: the request id.
_QUESTIONS = {
    "token": lambda email: {"email": email, "password": "wrong wrong wrong"},
    "password-reset": lambda email: {"email": email},
    "register": lambda email: registration(email=email),
}


def _body(reply):
    body = reply.json()
    body.pop("request_id", None)
    return body


@pytest.mark.parametrize("question", list(_QUESTIONS))
@pytest.mark.django_db
def test_known_and_unknown_answer_alike(post, question):
    people.customer("known@example.com")
    known, unknown = (
        post(question, _QUESTIONS[question](email))
        for email in ("known@example.com", "nobody@example.com")
    )
    assert known.status_code == unknown.status_code
    assert _body(known) == _body(unknown)
    assert set(known.headers) == set(unknown.headers)


def _median_gap(post, question, *, rounds):
    """Median work for a known address less that for an unknown one, in ms, asked in turns.

    Counted as CPU time of this thread, which does the hashing, because the wall clock of a busy
    test machine says nothing; the waiting for the database is compared by its queries.
    """
    times = {"known@example.com": [], "nobody@example.com": []}
    for turn in range(rounds):
        for email in sorted(times, reverse=bool(turn % 2)):
            body = _QUESTIONS[question](email)
            start = time.thread_time()
            post(question, body)
            times[email].append((time.thread_time() - start) * 1000)
    return statistics.median(times["known@example.com"]) - statistics.median(
        times["nobody@example.com"]
    )


@pytest.fixture
def _real_argon2(settings):
    """The production cost: cheap hashing would hide what the time tells."""
    settings.PASSWORD_HASHERS = _REAL_HASHERS
    huge = "1000000/minute"
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, huge)


@pytest.mark.usefixtures("_real_argon2")
@pytest.mark.parametrize(
    ("question", "rounds"), [("token", 30), ("password-reset", 60), ("register", 20)]
)
@pytest.mark.django_db
def test_the_time_does_not_tell_either(post, question, rounds):
    people.customer("known@example.com")
    assert abs(_median_gap(post, question, rounds=rounds)) < 5


@pytest.mark.parametrize("question", list(_QUESTIONS))
@pytest.mark.django_db
def test_the_database_is_asked_the_same(post, question):
    people.customer("known@example.com")
    asked = []
    for email in ("known@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            post(question, _QUESTIONS[question](email))
        asked.append([query["sql"].split(" ", 1)[0] for query in queries])
    assert asked[0] == asked[1] != []


@pytest.mark.control
@pytest.mark.usefixtures("_real_argon2")
@pytest.mark.django_db
def test_control_without_the_equal_work_the_time_tells(post, monkeypatch):
    people.customer("known@example.com")
    monkeypatch.setattr("apps.accounts.services.passwords.make_password", lambda _: "")
    assert _median_gap(post, "token", rounds=10) > 5


@pytest.mark.django_db
def test_consents_are_evidence(post):
    user = people.customer()
    decide = services.record_consents
    at = clock.now()
    decide(user_id=user.pk, decisions={"analytics": True}, source="account", at=at)
    decide(user_id=user.pk, decisions={"analytics": True}, source="account", at=at)
    held = decide(user_id=user.pk, decisions={"analytics": False}, source="account", at=at)
    assert held["analytics"] is False
    assert list(Consent.objects.order_by("pk").values_list("granted", flat=True)) == [True, False]
    with pytest.raises(Invalid):
        decide(user_id=user.pk, decisions={"everything": True}, source="account", at=at)
