"""Where customers log in, register and ask for a new password on the web."""

import re

import pytest
from django.core import mail
from django.test import Client

from apps.accounts.models import MailboxRequest, User
from bakery.edge.access import Rule
from tests.accounts import people

pytestmark = pytest.mark.django_db
WRONG = "The e-mail address or the password is wrong."


def log_in(client, email="ada@example.com", password=people.PASSWORD, **extra):
    data = {"email": email, "password": password, **extra}
    return client.post("/account/login/", data)


def text_of(reply):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", reply.content.decode())


def test_a_customer_logs_in_and_out():
    people.customer()
    client = Client()
    assert log_in(client, email=" ADA@example.com ")["Location"] == "/account/"
    assert client.get("/api/v1/me").json()["email"] == "ada@example.com"
    assert client.get("/account/login/")["Location"] == "/account/"
    assert client.get("/account/logout/").status_code == 405
    assert client.post("/account/logout/")["Location"] == "/"
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_gets_a_new_id_and_nothing_of_another():
    people.customer()
    client = Client()
    client.get("/account/login/")
    session = client.session
    session["left"] = "behind"
    session.save()
    before = session.session_key
    log_in(client)
    assert client.session.session_key != before
    assert "left" not in client.session


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/cart/", "/cart/"),
        ("https://evil.example/", "/account/"),
        ("//evil.example/", "/account/"),
        ("javascript:alert(1)", "/account/"),
        ("/console/", "/account/"),
        ("", "/account/"),
    ],
)
def test_logging_in_leads_only_into_the_shop(wanted, got):
    people.customer()
    assert log_in(Client(), next=wanted)["Location"] == got


def test_staff_do_not_log_in_here_and_are_not_told_apart():
    people.staff("manager")
    gone = people.customer("gone@example.com")
    gone.is_active = False
    gone.save()
    people.customer()
    replies = [
        log_in(Client(), email="manager@bakery.example"),
        log_in(Client(), email="gone@example.com"),
        log_in(Client(), email="nobody@example.com"),
        log_in(Client(), password="not this one"),
    ]
    assert [reply.status_code for reply in replies] == [400] * 4
    pages = [re.sub(r'value="[^"]*"', "", text_of(reply)) for reply in replies]
    assert len(set(pages)) == 1
    assert WRONG in pages[0]
    assert all("sessionid" not in reply.cookies for reply in replies)


def test_a_session_of_staff_from_here_would_open_nothing():
    """Even a session made for staff without their code is none: the rules ask for the code."""
    window = people.browser(people.staff("administrator"))
    assert window.get("/console/")["Location"].startswith("/console/login/")
    assert window.get("/api/v1/me").status_code == 403
    assert window.get("/account/")["Location"].startswith("/console/login/")


def test_an_unconfirmed_mailbox_does_not_log_in():
    user = people.customer()
    User.objects.filter(pk=user.pk).update(email_verified_at=None)
    client = Client()
    reply = log_in(client)
    assert (reply.status_code, "Confirm your e-mail address" in text_of(reply)) == (403, True)
    assert WRONG in text_of(log_in(client, password="not this one"))


def test_guessing_passwords_is_slowed_down(settings):
    people.customer()
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login_pair": "2/minute"}
    codes = [log_in(Client(), password=f"guess number {n}").status_code for n in range(4)]
    assert codes == [400, 400, 429, 429]


FORM = {
    "full_name": "Ada Byron",
    "email": "new@example.com",
    "phone": "416 555 0123",
    "password": "seven layer honey cake",
}


def test_registering_says_the_same_with_and_without_an_account(sandbox, drain_outbox):
    people.customer()
    first = Client().post("/account/register/", {**FORM, "news": "on"})
    again = Client().post("/account/register/", {**FORM, "email": "ada@example.com"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert text_of(first) == text_of(again)
    assert MailboxRequest.objects.count() == 2
    drain_outbox()
    made = User.objects.get(email="new@example.com")
    assert (made.full_name, str(made.phone)) == ("Ada Byron", "+14165550123")
    assert made.consents.get().purpose == "marketing_mail"
    assert made.email_verified_at is None
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"password": "ada"}, "too short"),
        ({"email": "nobody"}, "valid email"),
        ({"phone": "1"}, "valid phone"),
        ({"full_name": ""}, "required"),
        ({"password": "x" * 300}, "at most"),
    ],
)
def test_a_registration_that_makes_no_sense_is_explained(change, word):
    reply = Client().post("/account/register/", {**FORM, **change})
    assert reply.status_code == 400
    assert word in text_of(reply)
    assert not MailboxRequest.objects.exists()


def test_a_forgotten_password_says_the_same_with_and_without_an_account(settings):
    people.customer()
    known = Client().post("/account/forgot/", {"email": "ada@example.com"})
    unknown = Client().post("/account/forgot/", {"email": "nobody@example.com"})
    assert text_of(known) == text_of(unknown)
    assert Client().post("/account/forgot/", {"email": "x"}).status_code == 400
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "mailbox_address": "1/hour"}
    codes = [Client().post("/account/forgot/", {"email": "a@example.com"}) for _ in range(2)]
    assert [reply.status_code for reply in codes] == [200, 429]


@pytest.mark.parametrize("path", ["login", "register", "forgot", "logout"])
def test_every_form_asks_for_its_token(path):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/account/{path}/", {"email": "ada@example.com"}).status_code == 403


def test_a_page_for_customers_leads_to_their_door():
    assert Client().get("/account/")["Location"] == "/account/login/?next=/account/"
    assert Client().get("/board/")["Location"] == "/console/login/?next=/board/"
    assert Rule("signed_in").kind == "signed_in"
