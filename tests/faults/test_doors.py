"""Whose things are whose: to a stranger another's things and things that are not look alike (X3).

What belongs to an account is asked for by its number or key: by another customer and by a guest.
Each reply must be, but for the request's own id, that for something that does not exist.
"""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import Address
from apps.orders import services
from apps.orders.models import CartLine, Order, WaitEntry
from apps.orders.states import OrderStatus, WaitState
from apps.payments.models import RefundRequest
from apps.payments.states import RefundReason, RefundStatus
from apps.receipts import services as receipts
from bakery.kernel import clock
from tests.accounts import people
from tests.architecture.test_access_matrix import ROUTES, RULES
from tests.orders.factories import CUSTOMER, make_cake, make_slot, pay, place

pytestmark = pytest.mark.django_db
ADDRESS = {
    "recipient": "Ada",
    "line1": "1 King Street",
    "city": "Toronto",
    "region": "ON",
    "postcode": "M5H 1A1",
    "country": "CA",
}
CUSTOMERS = {"anyone", "signed_in"}


@pytest.fixture
def hers(settings) -> dict[str, Any]:
    """Things of Ada's account, by the name that they have in addresses."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/minute")
    at = clock.now()
    ada, cake = people.customer(), make_cake(stock=20)
    slot = make_slot(at + timedelta(days=7))
    cart = services.open_account_cart(user_id=ada.pk, at=at)
    services.put_line(
        cart_id=cart.pk, user_id=ada.pk, variant_id=cake.pk, quantity=1, message="", at=at
    )
    who = services.Customer(
        name=CUSTOMER.name, email=ada.email, phone=CUSTOMER.phone, user_id=ada.pk
    )
    order = place([(cake, 1, "")], slot=slot, customer=who, at=at)
    pay(order, ref="pi_doors", at=at)
    entry = WaitEntry.objects.create(
        user=ada, email=ada.email, cart_id=cart.pk, day=slot.starts_at.date(), joined_at=at
    )
    address = accounts.add_address(user_id=ada.pk, parts=ADDRESS, at=at)
    document = receipts.settle_documents(order_id=order.pk, at=at)
    assert document is not None
    refund = RefundRequest.objects.create(
        order=order,
        amount=order.total,
        currency=order.currency,
        reason=RefundReason.GOODS,
        way="by_hand",
        requested_by="customer",
        requested_at=at,
    )
    return {
        "number": document.number,
        "refund_id": refund.public_id,
        "order": order.public_id,
        "wait": entry.public_id,
        "cart_id": cart.pk,
        "line_id": cart.lines.get().pk,
        "address_id": address.pk,
    }


def routes_of_customers() -> list[str]:
    return [
        pattern
        for pattern, rule in RULES.items()
        if rule in CUSTOMERS and re.search(r":(public_id|cart_id|address_id)>", pattern)
    ]


def address_of(pattern: str, things: dict[str, Any]) -> str:
    kind = "wait" if "waitlist/" in pattern else "order"
    named = {**things, "public_id": things[kind], "card_id": 1, "code": "TENOFF"}
    return "/" + re.sub(r"<\w+:(\w+)>", lambda match: str(named[match[1]]), pattern)


def answer(client: Any, method: str, path: str) -> tuple[int, str, str]:
    client.raise_request_exception = False
    if method == "get":
        reply = client.get(path)
    else:
        reply = getattr(client, method)(path, "{}", content_type="application/json")
    body = b"" if reply.streaming else reply.content
    text = re.sub(r'"request_id": ?"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}', "", body.decode())
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    # A way to log in repeats the address that was asked for.
    target = re.sub(r"[0-9a-f-]{36}|\d+", "", reply.headers.get("Location", ""))
    return reply.status_code, text, target


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_what_is_anothers_answers_as_what_is_not(hers, method):
    nothing = {**hers, "order": uuid4(), "wait": uuid4(), "cart_id": uuid4(), "address_id": 10**9}
    nothing |= {"number": "R-2026-999999", "refund_id": uuid4()}
    eve = people.customer("eve@example.com")
    strangers = {
        "eve, token": people.api(people.log_in(eve).access),
        "eve, browser": people.browser(eve),
        "guest": Client(),
    }
    told = [
        f"{name}: {method} {pattern}: {theirs[0]} and {none[0]}"
        for pattern in routes_of_customers()
        for name, client in strangers.items()
        for theirs in [answer(client, method, address_of(pattern, hers))]
        for none in [answer(client, method, address_of(pattern, nothing))]
        if theirs != none or theirs[0] == 200
    ]
    assert len(routes_of_customers()) > 20
    assert told == []
    assert Order.objects.get().status == OrderStatus.PAID
    assert CartLine.objects.get(pk=hers["line_id"]).quantity == 1
    assert Address.objects.filter(pk=hers["address_id"]).exists()
    assert WaitEntry.objects.get().state == WaitState.WAITING
    assert RefundRequest.objects.get().status == RefundStatus.AWAITING_APPROVAL


def test_their_owner_is_let_in(hers):
    ada = Client()
    ada.login(username="ada@example.com", password=people.PASSWORD)
    shown = [
        "orders/<uuid:public_id>/",
        "waitlist/<uuid:public_id>/",
        "api/v1/carts/<uuid:cart_id>",
        "api/v1/orders/<uuid:public_id>/receipts",
        "api/v1/orders/<uuid:public_id>/refund-requests",
        "orders/<uuid:public_id>/refunds/",
    ]
    assert [answer(ada, "get", address_of(pattern, hers))[0] for pattern in shown] == [200] * 6
    file = address_of("orders/<uuid:public_id>/receipts/<str:number>.pdf", hers)
    assert answer(ada, "get", file)[0] == 503, "hers, and not sealed yet"


def test_every_page_that_changes_something_wants_a_token_of_its_own_form():
    """What is posted from a foreign site is refused; webhooks and alerts prove themselves.

    Checking a receipt changes nothing.
    """
    own_proof = {"webhooks/twilio/status/", "alerts/<str:token>/", "csp-report/", "receipts/check/"}
    # Mail programs post these without a cookie; the signed address is what proves the mailbox.
    own_proof |= {"unsubscribe/<str:token>/", "preferences/<str:token>/"}
    own_proof |= {"preferences/confirm/<str:token>/"}
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people.customer())
    open_to_strangers = [
        route.pattern
        for route in ROUTES.values()
        if RULES.get(route.pattern) in CUSTOMERS
        and not route.pattern.startswith(("api/", "webhooks/"))
        and route.pattern not in own_proof
        and browser.post(route.path, {}).status_code not in {403, 405}
    ]
    assert open_to_strangers == []


def test_a_browsers_session_alone_changes_nothing_over_the_api():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people.customer())
    for path in ("/api/v1/me/addresses", "/api/v1/me/calendar", "/api/v1/me/claims"):
        reply = browser.post(path, {}, content_type="application/json")
        assert reply.status_code == 403, path
