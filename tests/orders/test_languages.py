"""An order knows in which language its customer reads, and everything about it is written so."""

from decimal import Decimal

import pytest

from apps.accounts.models import User
from apps.notifications.adapters.rendering import render
from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import Order, OrderEdit
from apps.orders.rules import french
from apps.orders.services import Terms
from bakery.kernel import clock
from bakery.kernel.errors import Invalid
from tests.orders.factories import (
    AT,
    CUSTOMER,
    fill_cart,
    make_cake,
    make_slot,
    make_variant,
    on_open_day,
    pay,
)

pytestmark = pytest.mark.django_db


def order_in(language, *, customer=CUSTOMER, lines=None):
    return services.place_order(
        cart_id=fill_cart(lines or [(make_cake(message=40), 1, "Bonne fête")]).pk,
        customer=customer,
        slot_id=make_slot().pk,
        expected_total=None,
        terms=Terms(language=language),
        at=AT,
    )


def test_a_french_order_is_confirmed_in_french(drain_outbox):
    order = order_in("fr", lines=[(make_variant(price="12.50"), 1, "")])
    pay(order)
    drain_outbox()
    message = Message.objects.get(kind="order_paid")
    assert message.language == "fr"
    subject, text, html = render(message.template, message.context, message.language)
    assert subject == f"Votre commande {order.number} est confirmée"
    for words in (
        "vendredi 27 novembre 2026, de 10\u00a0h à 10\u00a0h\u00a030",
        "12,50\u00a0$",
        "TVH 13\u00a0%",
    ):
        assert words in text
        assert words.replace("\u00a0", "&nbsp;") in html
    assert 'lang="fr"' in html


def test_without_a_choice_it_is_the_accounts_language_or_english():
    user = User.objects.create(email="zoe@example.com", language="fr")
    of_account = services.Customer(
        name="Zoé", email="zoe@example.com", phone="+14165550123", user_id=user.pk
    )
    french_one = order_in("", customer=of_account)
    assert selectors.language_of(french_one) == "fr"
    assert selectors.language_of(order_in("en", customer=of_account)) == "en"
    assert selectors.language_of(order_in("")) == "en"
    assert selectors.mail_of(french_one.pk, at=AT).language == "fr"


def test_a_language_that_nobody_writes_is_refused():
    with pytest.raises(Invalid) as refused:
        order_in("tlh")
    assert refused.value.code == "bad_language"


@pytest.mark.parametrize(
    ("given", "header", "kept"),
    [("fr", "en", "fr"), (None, "fr-CA,fr;q=0.8,en;q=0.5", "fr"), (None, "de, zz-!", "en")],
)
def test_the_api_keeps_what_is_asked_for_or_the_first_that_the_browser_reads(
    client, given, header, kept
):
    body = {
        "cart_id": str(fill_cart([(make_variant(), 1, "")], at=clock.now()).pk),
        "customer": {"name": "Ada", "email": "ada@example.com", "phone": "+14165550123"},
        "slot_id": make_slot(on_open_day(7)).pk,
    }
    answer = client.post(
        "/api/v1/orders",
        {**body, **({"language": given} if given else {})},
        content_type="application/json",
        headers={"accept-language": header, "idempotency-key": f"language-{given}-{kept}"},
    )
    assert answer.status_code == 201, answer.json()
    assert answer.json()["language"] == Order.objects.get().language == kept
    refused = client.post(
        "/api/v1/orders",
        {**body, "language": "tlh"},
        content_type="application/json",
        headers={"idempotency-key": "language-none"},
    )
    assert refused.status_code == 400
    assert "language" in str(refused.json())


def test_changes_are_told_in_french():
    order = order_in("fr")
    pay(order)
    order.refresh_from_db()
    line = {"name": "Gâteau {0}", "size": "8 po", "message": "Zoé", "quantity": 1}
    told = {"lines": [line], "pickup_starts_at": order.pickup_starts_at.isoformat()}
    told |= {"pickup_short": "Fri 27 Nov 10:00", "fulfilment": "pickup"}
    moved = order.pickup_starts_at.replace(day=28)
    after = {**told, "pickup_starts_at": moved.isoformat(), "pickup_short": "Sat 28 Nov 10:00"}
    after["lines"] = [{**line, "message": "Max", "quantity": 2}]
    OrderEdit.objects.create(
        order=order, revision=1, before=told, after=after, changes=["in English"], at=AT,
        delta=Decimal(0), owed=Decimal(5), actor="customer",
    )  # fmt: skip
    Order.objects.filter(pk=order.pk).update(revision=1)
    event_mail = selectors.edit_mail(order.pk, revision=1, at=AT)
    line_change, moved_to = event_mail.context["changes"]
    assert line_change == (
        "Gâteau {0}, 8 po\u00a0: 2 au lieu de 1, le message est maintenant «\u00a0Max\u00a0»,"
        " était «\u00a0Zoé\u00a0»"
    )
    assert (
        moved_to
        == "La cueillette est maintenant sam. 28 nov. 10\u00a0h, était ven. 27 nov. 10\u00a0h"
    )
    assert event_mail.context["owed"] == "5,00\u00a0$"


@pytest.mark.parametrize(
    ("kind", "label", "words"),
    [
        ("tax", "HST 13%", "TVH 13\u00a0%"),
        ("tax", "QST 9.975%", "TVQ 9,975\u00a0%"),
        ("tax", "Tax", "Taxe"),
        ("included_tax", "of which VAT 20%", "dont TVA 20\u00a0%"),
        ("due", "To pay", "À payer"),
        ("due", "Owed to you", "Nous vous devons"),
        ("coupon", "Spring (MAY)", "Spring (MAY)"),
    ],
)
def test_rows_of_sums_in_french(kind, label, words):
    assert french.sum_label(kind, label) == words


def test_allergens_in_french_say_what_is_not_known():
    assert french.allergen_text(None) == "Allergènes inconnus\u00a0: demandez-nous"
    told = {"contains": ["wheat", "egg"], "may_contain": ["hazelnut"], "unknown": []}
    assert french.allergen_text(told) == "Contient\u00a0: blé, œufs. Peut contenir\u00a0: noisettes"
    assert french.allergen_text({}) == "Aucun allergène indiqué"
