"""The console's doors: password, code, enrolment, recovery, step-up (A9, A10, A11)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts import selectors, services
from apps.accounts.models import RecoveryCode, User
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people

LOGIN, CODE, ENROL, HOME = (
    "/console/login/", "/console/login/code/", "/console/login/enrol/", "/console/",
)  # fmt: skip


@pytest.fixture
def cook(db):
    return people.staff("kitchen")


def type_password(client, user, *, target="", password=people.PASSWORD):
    return client.post(LOGIN, {"email": user.email, "password": password, "next": target})


def type_code(client, code):
    return client.post(CODE, {"code": code})


def sign_in(client, user):
    type_password(client, user)
    return type_code(client, people.code(user))


def is_in(client) -> bool:
    return client.get(HOME).status_code == 200


@pytest.mark.django_db
def test_password_then_code(client, cook):
    assert client.get(HOME).url == f"{LOGIN}?next={HOME}"
    reply = type_password(client, cook, target="/console/accounts/user/")
    assert reply.url == CODE
    assert not is_in(client)
    reply = type_code(client, people.code(cook))
    assert reply.url == "/console/accounts/user/"
    assert is_in(client)


@pytest.mark.django_db
def test_the_same_refusal_for_everybody_without_access(client, cook):
    customer = people.customer()
    people.staff("manager", email="gone@bakery.example")
    User.objects.filter(email="gone@bakery.example").update(is_active=False)
    attempts = [
        (cook.email, "wrong wrong wrong"),
        ("nobody@bakery.example", people.PASSWORD),
        (customer.email, people.PASSWORD),
        ("gone@bakery.example", people.PASSWORD),
    ]
    pages = [
        Client().post(LOGIN, {"email": email, "password": password}) for email, password in attempts
    ]
    assert {page.status_code for page in pages} == {400}
    notices = {re.search(r'role="alert">(.*?)</div>', page.content.decode())[1] for page in pages}
    assert len(notices) == 1


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil", ""]
)
@pytest.mark.django_db
def test_it_never_sends_people_to_another_site(client, cook, target):
    type_password(client, cook, target=target)
    assert type_code(client, people.code(cook)).url == HOME


@pytest.mark.django_db
def test_the_code_page_alone_opens_nothing(client, cook):
    assert type_code(client, people.code(cook)).url == LOGIN
    assert client.get(ENROL).url == LOGIN


@pytest.mark.django_db
def test_a_code_counts_once(client, cook):
    type_password(client, cook)
    code = people.code(cook)
    assert type_code(client, code).status_code == 302
    other = Client()
    type_password(other, cook)
    replay = type_code(other, code)
    assert replay.status_code == 400
    assert not is_in(other)


@pytest.mark.django_db(transaction=True)
def test_a_code_counts_once_under_a_race(parallel):
    cook = people.staff("kitchen")
    code = people.code(cook)
    taken = parallel(
        6,
        lambda _: services.verify_second_factor(user_id=cook.pk, code=code, at=clock.now()),
    )
    assert taken.count(True) == 1


@pytest.mark.control
@pytest.mark.django_db
def test_control_without_the_memory_of_the_last_code_a_replay_passes(cook):
    code = people.code(cook)
    check = services.verify_second_factor
    assert check(user_id=cook.pk, code=code, at=clock.now())
    TOTPDevice.objects.update(last_t=-1)
    assert check(user_id=cook.pk, code=code, at=clock.now())


@pytest.mark.django_db
def test_guessing_codes_is_slowed_down(client, cook):
    type_password(client, cook)
    wrong = [type_code(client, f"{n:06d}") for n in range(15)]
    assert wrong[0].status_code == 400
    assert wrong[-1].status_code == 429
    assert type_code(client, people.code(cook)).status_code == 429


@pytest.mark.django_db
def test_the_authenticator_itself_waits_after_a_wrong_code(cook):
    """From whatever address: 1, 2, 4, ... seconds, and guesses meanwhile are not looked at."""
    check, at = services.verify_second_factor, clock.now()
    with time_machine.travel(at, tick=False):
        right = people.code(cook)
        assert not check(user_id=cook.pk, code="000000", at=at)
        assert not check(user_id=cook.pk, code=right, at=at)
    with time_machine.travel(at + timedelta(seconds=1.1), tick=False):
        assert check(user_id=cook.pk, code=right, at=at)


@pytest.mark.django_db
def test_session_ids_change_at_the_password_and_at_the_code(client, cook):
    client.get(LOGIN)
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = session.session_key
    ids = [session.session_key]

    type_password(client, cook)
    ids.append(client.session.session_key)
    assert "planted" not in client.session
    type_code(client, people.code(cook))
    ids.append(client.session.session_key)

    assert len(set(ids)) == 3
    assert set(Session.objects.values_list("pk", flat=True)) == {ids[-1]}
    for dead in ids[:2]:
        thief = Client()
        thief.cookies["sessionid"] = dead
        assert thief.get(HOME).status_code == 302


@pytest.mark.django_db
def test_the_wait_for_a_code_ends(client, cook, time_machine_at):
    type_password(client, cook)
    with time_machine_at(timedelta(minutes=11)):
        assert type_code(client, people.code(cook)).url == LOGIN
    type_password(client, cook)
    services.end_sessions(user_id=cook.pk, actor="system", at=clock.now())
    assert type_code(client, people.code(cook)).url == LOGIN


@pytest.mark.django_db
def test_forced_enrolment(client):
    cook = people.staff("kitchen", device=False)
    assert type_password(client, cook).url == ENROL
    assert type_code(client, "123456").url == ENROL
    assert not is_in(client)

    page = client.get(ENROL).content.decode()
    device = TOTPDevice.objects.get(user=cook)
    assert not device.confirmed
    assert 'src="data:image/svg+xml' in page
    assert services.begin_enrolment(user_id=cook.pk).secret in page
    assert client.post(ENROL, {"code": "000000"}).status_code == 400
    assert not is_in(client)

    done = client.post(ENROL, {"code": people.code(cook)})
    codes = re.findall(r"<code>([0-9a-z-]{19})</code>", done.content.decode())
    assert len(set(codes)) == 10
    assert is_in(client)
    stored = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert len(stored) == 10
    assert not stored & set(codes)
    assert AuditEntry.objects.filter(action="accounts.user.enrol_second_factor").exists()


@pytest.mark.django_db
def test_a_password_alone_does_not_replace_an_authenticator(client, cook):
    type_password(client, cook)
    assert client.get(ENROL).url == CODE
    assert client.post(ENROL, {"code": "123456"}).url == CODE
    assert TOTPDevice.objects.filter(user=cook).count() == 1


@pytest.mark.django_db
def test_recovery_codes_work_once(client, cook):
    codes = services.renew_recovery_codes(user_id=cook.pk, actor="system", at=clock.now())
    type_password(client, cook)
    assert type_code(client, f" {codes[0].upper()} ").status_code == 302
    assert is_in(client)
    again = Client()
    type_password(again, cook)
    assert type_code(again, codes[0]).status_code == 400
    assert type_code(again, codes[1].replace("-", "")).status_code == 302
    used = AuditEntry.objects.filter(action="accounts.user.use_recovery_code").first()
    assert used.changes == {"recovery_codes_left": [9, 8]}


@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_works_once_under_a_race(parallel):
    cook = people.staff("kitchen")
    code = services.renew_recovery_codes(user_id=cook.pk, actor="system", at=clock.now())[0]
    taken = parallel(
        6, lambda _: services.verify_second_factor(user_id=cook.pk, code=code, at=clock.now())
    )
    assert taken.count(True) == 1


@pytest.mark.django_db
def test_step_up(client, cook, time_machine_at):
    sign_in(client, cook)
    target = "/console/recovery-codes/"
    assert client.get(target).status_code == 200
    with time_machine_at(timedelta(minutes=11)):
        assert is_in(client)
        reply = client.get(target)
        assert reply.url == f"/console/step-up/?next={target}"
        before = client.session.session_key
        assert client.post(reply.url, {"code": "000000", "next": target}).status_code == 400
        assert client.get(target).status_code == 302
        done = client.post("/console/step-up/", {"code": people.code(cook), "next": target})
        assert done.url == target
        assert client.session.session_key != before
        assert client.post(target).status_code == 200


@pytest.mark.django_db
def test_resetting_the_second_factor_ends_every_verified_session(client, cook):
    sign_in(client, cook)
    key = client.session.session_key
    services.reset_second_factor(user_id=cook.pk, actor="system", reason="lost", at=clock.now())
    assert not is_in(client)
    assert not selectors.is_session_valid(key, cook.pk)
    assert type_password(client, cook).url == ENROL


@pytest.mark.django_db
def test_log_out_ends_the_session(client, cook):
    sign_in(client, cook)
    key = client.session.session_key
    assert client.get("/console/logout/").status_code == 405
    assert client.post("/console/logout/").url == LOGIN
    assert not is_in(client)
    assert not selectors.is_session_valid(key, cook.pk)


@pytest.mark.django_db
def test_changing_the_own_password_keeps_this_session_only(client, cook):
    sign_in(client, cook)
    other = Client()
    sign_in(other, cook)
    form = {"current": "wrong", "password": "eight layer cake", "again": "eight layer cake"}
    assert client.post("/console/password_change/", form).status_code == 400
    form["current"] = people.PASSWORD
    assert client.post("/console/password_change/", form).url == HOME
    assert is_in(client)
    assert not is_in(other)


@pytest.mark.django_db
def test_the_doors_want_csrf_tokens(cook):
    strict = Client(enforce_csrf_checks=True)
    reply = strict.post(LOGIN, {"email": cook.email, "password": people.PASSWORD})
    assert reply.status_code == 403
    assert "pending_login" not in strict.session


@pytest.mark.django_db
def test_staff_tokens_need_the_code(cook):
    def log_in(**body):
        return people.api().post(
            "/api/v1/auth/token", {"email": cook.email, "password": people.PASSWORD, **body}
        )

    def answer(reply):
        return reply.status_code, reply.json()["error"]["code"]

    assert answer(log_in()) == (401, "otp_required")
    assert answer(log_in(otp="000000")) == (401, "otp_invalid")
    code = people.code(cook)
    good = log_in(otp=code)
    assert good.status_code == 200
    assert answer(log_in(otp=code)) == (401, "otp_invalid")
    assert people.api(good.json()["access"]).get("/api/v1/me").json()["roles"] == ["kitchen"]

    bare = people.staff("cashier", device=False)
    reply = people.api().post(
        "/api/v1/auth/token", {"email": bare.email, "password": people.PASSWORD, "otp": "123456"}
    )
    assert answer(reply) == (403, "otp_enrolment_required")


@pytest.mark.django_db
def test_a_customer_who_becomes_staff_keeps_no_old_token():
    user = people.customer()
    pair = people.log_in(user)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert people.api(pair.access).get("/api/v1/me").status_code == 401
    reply = people.api().post("/api/v1/auth/refresh", {"refresh": pair.refresh})
    assert reply.status_code == 401


@pytest.mark.django_db
def test_step_up_of_tokens(time_machine_at):
    boss = people.staff("administrator")
    target = people.customer()
    pair = people.log_in(boss)
    url = f"/api/v1/staff/users/{target.pk}/disable"
    with time_machine_at(timedelta(minutes=4)):
        fresh = services.refresh_tokens(refresh=pair.refresh, at=clock.now())
    with time_machine_at(timedelta(minutes=8)):
        fresh = services.refresh_tokens(refresh=fresh.refresh, at=clock.now())
    with time_machine_at(timedelta(minutes=11)):
        client = people.api(fresh.access)
        late = client.post(url, {"reason": "left"})
        assert (late.status_code, late.json()["error"]["code"]) == (403, "step_up_required")
        assert client.post("/api/v1/auth/step-up", {"otp": "000000"}).status_code == 401
        proved = client.post("/api/v1/auth/step-up", {"otp": people.code(boss)})
        assert proved.status_code == 200
        assert "refresh" not in proved.json()
        done = people.api(proved.json()["access"]).post(url, {"reason": "left"})
        assert done.status_code == 204
    assert not User.objects.get(pk=target.pk).is_active


@pytest.mark.django_db
def test_a_reset_password_does_not_pass_the_second_factor(client, cook):
    token = services.mint_mailbox_token(user_id=cook.pk, purpose="reset_password", at=clock.now())
    client.post(
        "/account/reset/", {"token": token, "password": "a new long one", "again": "a new long one"}
    )
    assert client.get(HOME).status_code == 302
    assert type_password(client, cook, password="a new long one").url == CODE
    assert not is_in(client)


def test_a_caller_without_code_never_stepped_up(rf):
    request = rf.get("/")
    request.user = User(is_staff=True)
    request.session = {}
    assert not access.stepped_up(request)
