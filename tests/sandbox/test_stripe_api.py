"""The local Stripe answers the official SDK as Stripe does: keys, parameters, lists, expansion."""

import time

import pytest
import requests
import stripe

from bakery.sandbox.stripe import objects, routes
from bakery.sandbox.stripe.errors import StripeError
from bakery.sandbox.stripe.params import clean_params
from tests.sandbox.conftest import API_KEY, make_stripe, session_params

NULLABLE = ("NoneType", "Optional")


def test_a_session_is_the_sum_of_its_lines(client):
    item = session_params()["line_items"][0]
    other = {"price_data": {**item["price_data"], "unit_amount": 390}, "quantity": 4}
    made = client.v1.checkout.sessions.create(
        params=session_params(
            line_items=[item, other],
            metadata={"order": "SR-1"},
            client_reference_id="SR-1",
            customer_email="ann@example.com",
            expand=["line_items"],
        )
    )
    assert (made.amount_subtotal, made.amount_total, made.currency) == (2810, 2810, "usd")
    assert (made.status, made.payment_status, made.payment_intent) == ("open", "unpaid", None)
    assert (made.livemode, made.metadata["order"]) == (False, "SR-1")
    assert [line.amount_total for line in made.line_items.data] == [1250, 1560]
    assert made.url == f"{client._requestor._options.base_addresses['api']}/pay/{made.id}"


@pytest.mark.parametrize("kind", sorted(objects._TYPES))
def test_objects_have_every_field_that_the_sdk_declares(kind, new_session, client, sandbox):
    session = new_session(customer_creation="always")
    sandbox.stripe.pay(session.id, "early_fraud_warning")
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    client.v1.refunds.create(params={"payment_intent": intent, "amount": 100})
    disputed = new_session()
    sandbox.stripe.pay(disputed.id, "dispute")
    coupon = client.v1.coupons.create(params={"percent_off": 10, "duration": "once"})
    client.v1.promotion_codes.create(params={"promotion": {"type": "coupon", "coupon": coupon.id}})
    found = _find(client, sandbox, kind, session)
    if found is None:
        pytest.fail(f"no {kind} was made")
    declared = objects._TYPES[kind].__annotations__
    required = [
        name
        for name in objects.declared_fields(kind)
        if not any(mark in str(declared[name]) for mark in NULLABLE)
    ]
    nulls = [
        name
        for name in required
        if name not in ABSENT.get(kind, ()) and not (name in found and found[name] is not None)
    ]
    assert nulls == []


ABSENT = {
    # Methods of other kinds than the one at hand are declared but never sent.
    "payment_method": set(stripe.PaymentMethod.__annotations__)
    - {"id", "object", "created", "livemode", "type", "billing_details", "card"},
    "webhook_endpoint": {"secret"},
    "discount": set(stripe.Discount.__annotations__),
}


def _find(client, sandbox, kind, session):
    intent = client.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    charge = intent.payment_intent.latest_charge
    return {
        "account": client.v1.accounts.retrieve_current,
        "balance_transaction": lambda: client.v1.balance_transactions.list().data[0],
        "charge": lambda: charge,
        "checkout.session": lambda: intent,
        "coupon": lambda: client.v1.coupons.list().data[0],
        "customer": lambda: client.v1.customers.retrieve(intent.customer),
        "discount": dict,
        "dispute": lambda: client.v1.disputes.list().data[0],
        "event": lambda: client.v1.events.list().data[0],
        "item": lambda: intent.line_items.data[0],
        "payment_intent": lambda: intent.payment_intent,
        "payment_method": lambda: client.v1.payment_methods.retrieve(charge.payment_method),
        "price": lambda: client.v1.prices.list().data[0],
        "product": lambda: client.v1.products.list().data[0],
        "promotion_code": lambda: client.v1.promotion_codes.list().data[0],
        "radar.early_fraud_warning": lambda: client.v1.radar.early_fraud_warnings.list().data[0],
        "refund": lambda: client.v1.refunds.list().data[0],
        "webhook_endpoint": lambda: client.v1.webhook_endpoints.create(
            params={"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}
        ),
    }[kind]()


def test_every_route_names_a_parameter_type_of_the_sdk():
    for route in routes.ROUTES:
        with pytest.raises(StripeError) as refused:
            clean_params(route.params_type, {"no_such_parameter": "1"})
        assert refused.value.error["code"] == "parameter_unknown", route


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"colour": "blue"}, "colour", "parameter_unknown"),
        ({"mode": "gift"}, "mode", None),
        ({"expires_at": "tomorrow"}, "expires_at", "parameter_invalid_integer"),
        ({"allow_promotion_codes": "maybe"}, "allow_promotion_codes", "parameter_invalid_boolean"),
        ({"customer": ""}, "customer", "parameter_invalid_empty"),
        ({"customer": "cus_none"}, "customer", "resource_missing"),
        ({"customer_email": "ann"}, "customer_email", "email_invalid"),
        ({"success_url": "thanks"}, "success_url", "url_invalid"),
        ({"line_items": []}, "line_items", None),
        ({"mode": "subscription"}, "mode", None),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax", None),
        ({"metadata": {"k" * 41: "v"}}, f"metadata[{'k' * 41}]", None),
    ],
)
def test_bad_parameters_are_refused_by_name(client, change, param, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(params=session_params(**change))
    assert (refused.value.param, refused.value.code) == (param, code)
    assert refused.value.http_status == 400


@pytest.mark.parametrize(
    ("data", "param"),
    [
        (
            {"unit_amount": 500, "product_data": {"name": "x"}},
            "line_items[0][price_data][currency]",
        ),
        ({"currency": "usd", "unit_amount": 500}, "line_items[0][price_data]"),
        ({"currency": "usd", "unit_amount": 5, "weight": 1}, "line_items[0][price_data][weight]"),
        (
            {"currency": "usd", "unit_amount": -5, "product_data": {"name": "x"}},
            "line_items[0][price_data][unit_amount]",
        ),
    ],
)
def test_bad_line_items_are_refused_by_path(client, data, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(
            params=session_params(line_items=[{"price_data": data, "quantity": 1}])
        )
    assert refused.value.param == param


def test_too_small_amounts_are_refused(new_session):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        new_session(49)
    assert refused.value.code == "amount_too_small"
    assert new_session(50).amount_total == 50


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [(29 * 60, False), (30 * 60, True), (24 * 3600, True), (24 * 3600 + 60, False)],
)
def test_sessions_last_30_minutes_to_24_hours(new_session, seconds, accepted):
    expires_at = int(time.time()) + seconds
    if accepted:
        assert new_session(expires_at=expires_at).expires_at == expires_at
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        new_session(expires_at=expires_at)
    assert refused.value.param == "expires_at"


@pytest.mark.parametrize("key", ["sk_test_wrong", "sk_live_" + "a" * 24, "pk_test_" + "a" * 24])
def test_a_wrong_key_is_refused(sandbox, key):
    with pytest.raises(stripe.AuthenticationError) as refused:
        make_stripe(sandbox.url, key).v1.events.list()
    assert refused.value.http_status == 401
    assert key not in str(refused.value)


def test_only_the_configured_keys_are_accepted(sandbox):
    sandbox.stripe.set_api_keys(["sk_test_new"])
    assert make_stripe(sandbox.url, "sk_test_new").v1.events.list().data == []
    with pytest.raises(stripe.AuthenticationError):
        make_stripe(sandbox.url, API_KEY).v1.events.list()


def test_no_key_and_no_route(sandbox):
    assert requests.get(f"{sandbox.url}/stripe/v1/events", timeout=60).status_code == 401
    wrong = requests.get(f"{sandbox.url}/stripe/v1/unicorns", auth=(API_KEY, ""), timeout=60)
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (404, "invalid_request_error")
    assert wrong.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    "body", ["a[b=1", "[x]=1", "a=1&a[b]=2", "a[b]=2&a=1", "a%00b=1", "a" + "[b]" * 40 + "=1"]
)
def test_malformed_forms_are_400(sandbox, body):
    reply = requests.post(
        f"{sandbox.url}/stripe/v1/checkout/sessions",
        data=body,
        auth=(API_KEY, ""),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=60,
    )
    assert reply.status_code == 400


def test_missing_objects_are_404(client):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_lists_page_without_gap_or_repeat(client, new_session):
    made = [new_session().id for _ in range(7)]
    pages = client.v1.checkout.sessions.list(params={"limit": 3})
    assert ([s.id for s in pages.data], pages.has_more) == (made[:-4:-1], True)
    assert [s.id for s in pages.auto_paging_iter()] == made[::-1]
    back = client.v1.checkout.sessions.list(params={"limit": 2, "ending_before": made[0]})
    assert ([s.id for s in back.data], back.has_more) == ([made[2], made[1]], True)


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"starting_after": "cs_none"}])
def test_bad_paging_is_refused(client, params):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.list(params=params)


def test_expansion_reaches_four_levels_and_no_further(client, new_session, sandbox):
    session = new_session()
    sandbox.stripe.pay(session.id)
    path = "payment_intent.latest_charge.balance_transaction.source"
    deep = client.v1.checkout.sessions.retrieve(session.id, params={"expand": [path]})
    assert deep.payment_intent.latest_charge.balance_transaction.source.amount == 1250
    for wrong in (f"{path}.refunds", "amount_total", "nothing"):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(session.id, params={"expand": [wrong]})
    listed = client.v1.checkout.sessions.list(params={"expand": ["data.payment_intent"]})
    assert listed.data[0].payment_intent.amount == 1250


def test_coupons_and_promotion_codes_lower_the_total(client, new_session):
    coupon = client.v1.coupons.create(
        params={"percent_off": 15, "duration": "once", "max_redemptions": 1}
    )
    session = new_session(999, discounts=[{"coupon": coupon.id}])
    assert (session.amount_subtotal, session.amount_total) == (999, 849)
    assert session.total_details.amount_discount == 150
    promotion = client.v1.promotion_codes.create(
        params={
            "promotion": {"type": "coupon", "coupon": coupon.id},
            "code": "SPRING",
            "restrictions": {"minimum_amount": 5000, "minimum_amount_currency": "usd"},
        }
    )
    with pytest.raises(stripe.InvalidRequestError):
        new_session(999, discounts=[{"promotion_code": promotion.id}])
    assert new_session(5000, discounts=[{"promotion_code": promotion.id}]).amount_total == 4250


def test_a_used_up_coupon_is_refused(client, new_session, sandbox):
    coupon = client.v1.coupons.create(
        params={"amount_off": 100, "currency": "usd", "duration": "once", "max_redemptions": 1}
    )
    sandbox.stripe.pay(new_session(discounts=[{"coupon": coupon.id}]).id)
    with pytest.raises(stripe.InvalidRequestError):
        new_session(discounts=[{"coupon": coupon.id}])
    assert client.v1.coupons.retrieve(coupon.id).valid is False


def test_a_free_order_needs_no_payment(client, new_session, sandbox):
    coupon = client.v1.coupons.create(params={"percent_off": 100, "duration": "once"})
    session = new_session(discounts=[{"coupon": coupon.id}])
    assert (session.amount_total, session.payment_status) == (0, "no_payment_required")
    assert sandbox.stripe.pay(session.id)["result"] == "paid"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_intent is None


def test_customers_are_made_changed_and_deleted(client):
    customer = client.v1.customers.create(params={"email": "ann@example.com", "name": "Ann"})
    changed = client.v1.customers.update(
        customer.id, params={"name": "Anna", "metadata": {"user": "7"}}
    )
    assert (changed.name, changed.metadata["user"]) == ("Anna", "7")
    assert client.v1.customers.delete(customer.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.retrieve(customer.id)
    assert [e.type for e in client.v1.events.list().data] == [
        "customer.deleted",
        "customer.updated",
        "customer.created",
    ]
