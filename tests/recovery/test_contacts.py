"""Where people want to be reminded: with words they agreed to, confirmed, and forgotten again."""

import pytest
from django.test import Client

from apps.accounts import services as accounts
from apps.notifications.models import Contact, Message, Subscription, SubscriptionRecord
from apps.orders.models import Cart
from apps.orders.selectors.person import guest_json, person_json
from apps.orders.services.privacy import erase_guest
from apps.recovery import services
from apps.recovery.models import CartContact, RecoveryAttempt
from bakery.kernel import clock
from bakery.kernel.errors import NotFound
from tests.accounts import people
from tests.orders.factories import AT, fill_cart, make_variant
from tests.recovery.factories import DAY, HOUR, MAILBOX, PHONE, agree, hold, leave, remind

pytestmark = pytest.mark.django_db


def path_of(cart):
    return f"/api/v1/carts/{cart.pk}/contact"


@pytest.fixture
def cart():
    return fill_cart([(make_variant(), 1, "")], at=clock.now())


def put(cart, client=None, **given):
    return (client or people.api()).put(path_of(cart), given, format="json")


def test_a_guest_leaves_a_mailbox_and_confirms_it_before_anything_is_sent(cart):
    reply = put(cart, email=" Ada@Example.com ", language="fr")
    assert reply.status_code == 200
    assert (reply.json()["email"], reply.json()["mail_agreed"]) == (MAILBOX, False)
    assert reply["Cache-Control"] == "no-store"
    record = SubscriptionRecord.objects.get()
    assert (record.topic, record.state, record.source) == ("cart", "pending", "cart")
    assert record.wording.startswith("Oui, Sweet Rise Bakery peut m'écrire")
    assert Message.objects.get().recipient == MAILBOX
    put(cart, email=MAILBOX, language="fr")
    assert Message.objects.count() == 1  # asked once
    agree(MAILBOX)
    assert people.api().get(path_of(cart)).json()["mail_agreed"] is True


def test_a_number_is_asked_to_answer_yes(cart):
    reply = put(cart, phone="416 555 0123")
    assert (reply.json()["phone"], reply.json()["text_agreed"]) == (PHONE, False)
    assert "STOP" in SubscriptionRecord.objects.get().wording
    assert Message.objects.get().channel == "sms"


def test_a_signed_in_accounts_own_mailbox_is_sure(cart):
    ada = people.customer(MAILBOX)
    client = people.api(people.log_in(ada).access)
    Cart.objects.filter(pk=cart.pk).update(user=ada)
    assert put(cart, client, email=MAILBOX).json()["mail_agreed"] is True
    refused = put(cart, client, email="else@example.com")
    assert refused.json()["error"]["code"] == "not_your_address"
    assert put(cart, email=MAILBOX).status_code == 404  # somebody else
    assert client.delete(path_of(cart)).status_code == 204
    assert client.get(path_of(cart)).json()["mail_agreed"] is False


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "no_address"),
        ({"email": "", "phone": " "}, "no_address"),
        ({"email": "ada"}, "bad_email"),
        ({"email": "a\x00@example.com"}, None),
        ({"phone": "12"}, "bad_phone"),
        ({"phone": "+1 416 555 01234567"}, "bad_phone"),
        ({"email": 7}, None),
        ({"email": MAILBOX, "language": "de"}, None),
        ({"email": "a" * 300 + "@example.com"}, None),
    ],
)
def test_absurd_addresses_are_refused(cart, given, code):
    reply = put(cart, **given)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == (code or reply.json()["error"]["code"])
    assert not CartContact.objects.exists()


def test_asking_is_limited(cart, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "cart_contact": "2/hour"}
    codes = [put(cart, email=f"p{n}@example.com").status_code for n in range(3)]
    assert codes == [200, 200, 429]


def test_the_cart_page_asks_without_ticks_and_takes_only_what_was_ticked():
    browser = Client()
    browser.post("/cart/add/", {"variant_id": make_variant().pk, "quantity": 1})
    page = browser.get("/cart/").content.decode()
    assert 'name="agree_mail"' in page
    assert "checked" not in page.split("cart/contact/")[1].split("</form>")[0]
    form = {"email": MAILBOX, "phone": PHONE, "language": "en"}
    assert "Tick what you agree to" in post(browser, form)
    assert not CartContact.objects.exists()
    assert "Please answer the mail we sent you" in post(browser, {**form, "agree_mail": "1"})
    assert CartContact.objects.get().phone == ""
    agree(MAILBOX)
    assert "We remind you if you leave this cart" in browser.get("/cart/").content.decode()
    page = browser.post("/cart/contact/forget/", follow=True).content.decode()
    assert "We do not remind you" in page
    assert not CartContact.objects.exists()


def post(browser, form):
    return browser.post("/cart/contact/", form, follow=True).content.decode()


def test_a_contact_goes_with_its_cart():
    cart = leave()
    cart.delete()
    assert not CartContact.objects.exists()


def test_an_erased_account_leaves_numbers_only():
    hold()
    user = people.customer(MAILBOX)
    attempt = remind(leave())
    accounts.anonymise_user(user_id=user.pk, actor="user:1", reason="asked", at=AT + DAY)
    attempt.refresh_from_db()
    assert attempt.person == ""
    assert not CartContact.objects.exists()


def test_a_guest_is_erased_and_gets_what_is_kept_first():
    hold()
    attempt = remind()
    assert '"cart_reminders": [{"email": "ada@example.com"' in "".join(guest_json(MAILBOX))
    assert erase_guest(email=MAILBOX, actor="user:1", reason="asked", at=AT + DAY) == 0
    attempt.refresh_from_db()
    assert attempt.person == ""
    assert not CartContact.objects.exists()
    assert Message.objects.get(pk=attempt.message_id).recipient == "erased"


@pytest.mark.parametrize("others", [False, True])
def test_a_number_beside_an_erased_mailbox_goes_too_unless_somebody_else_has_it(cart, others):
    put(cart, email=MAILBOX, phone=PHONE)
    if others:
        people.customer("eve@example.com", phone=PHONE)
    erase_guest(email=MAILBOX, actor="user:1", reason="asked", at=clock.now())
    numbers = {PHONE} if others else set()
    assert set(Contact.objects.values_list("address", flat=True)) == numbers
    assert set(Message.objects.values_list("recipient", flat=True)) == {"erased"} | numbers


def test_who_only_ever_agreed_to_reminders_can_be_erased(cart):
    put(cart, email=MAILBOX)
    cart.delete()
    erase_guest(email=MAILBOX, actor="user:1", reason="asked", at=clock.now())
    assert not Contact.objects.exists()
    assert Message.objects.get().recipient == "erased"
    with pytest.raises(NotFound):
        erase_guest(email=MAILBOX, actor="user:1", reason="again", at=clock.now())


def test_an_account_takes_along_what_is_kept():
    hold()
    user = people.customer(MAILBOX)
    remind()
    assert '"cart_reminders": [{"email"' in "".join(person_json(user, at=AT))


def test_old_attempts_forget_who_it_was(settings):
    hold()
    attempt = remind()
    keep = settings.CART_KEEP_DAYS * DAY
    assert services.forget_old(at=attempt.planned_at + keep) == 0
    assert services.forget_old(at=attempt.planned_at + keep + HOUR) == 1
    assert not RecoveryAttempt.objects.exclude(person="").exists()
    assert Subscription.objects.exists()  # what was agreed to is another's to keep
