"""Nonsense in every field of every address: a clear refusal, never a fault of the server (X2).

The API's fields come from its own OpenAPI description, those of pages and of the console from the
forms that they show, so whatever is added is asked as well. All callers hold every permission and
every limit is open: what is refused is refused for what was sent. Each request is undone.
"""

import json
import re
from datetime import timedelta
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from apps.accounts import services as accounts
from apps.accounts.adapters.signing import sign_access
from apps.accounts.models import RefreshFamily
from apps.books.models import Difference
from apps.custom_cakes.rules.link import request_token
from apps.descriptions import services as descriptions
from apps.descriptions.states import Subject
from apps.orders import services
from apps.payments import services as payments
from apps.payments.models import CheckoutAttempt, Dispute, Payment, RefundRequest
from apps.payments.states import RefundReason
from apps.receipts import services as receipts
from bakery.kernel import clock
from tests.accounts import people
from tests.architecture.test_access_matrix import CONSOLE_ROUTES
from tests.custom_cakes.factories import make_wishes, submit
from tests.loyalty import members
from tests.loyalty.offers import make_coupon
from tests.orders.factories import make_cake, make_slot, pay, place
from tests.orders.kitchen import make_station

pytestmark = pytest.mark.django_db
BIG = 2**63
NESTED: list[Any] = []
for _ in range(15):
    NESTED = [NESTED]
ABSURD: tuple[Any, ...] = (
    None, "", " ", "\x00", "\ud800", "x" * 10_000, "\u0663", "\u00b2", "\u202e", "=1+1",
    "\U0001f4a5", "'",
    -1, 0, 2**31, BIG, 2**64, -BIG - 1, 10**40, 1.5, 1e308, True,
    "-1", "0", str(2**31), str(BIG), "1e400", "1E+9", "NaN", "Infinity", "-0.00", "0.001", "1_0",
    [], {}, [None], [{}], [BIG], ["\x00"], {"": None}, NESTED, ["x"] * 3,
    "0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "2026-11-28T10:00", "25:61", "-1 00:00:00",
    "00000000-0000-0000-0000-000000000000", "http://[", "%00", "../..", "a@b", "+", "a\r\nb: c",
)  # fmt: skip
TEXTS = tuple(value for value in ABSURD if isinstance(value, str))
# How far the values of one field lie apart; each field starts one further than the one before. So
# that this takes seconds, it is more than there are values: not every field gets one. With 1 every
# value is sent in every field, which takes an hour.
STRIDE = 150
_turns = count()
_SOLD = re.compile(
    r"console/(orders|loyalty|payments|receipts|books|djstripe|custom_cakes|pricing|descriptions)/"
)


def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return values[next(_turns) % STRIDE :: STRIDE]


def ask_back(order: Any, *, ref: str, at: Any) -> RefundRequest:
    """Return a request for a part of what was paid online for the order."""
    attempt = CheckoutAttempt.objects.create(
        order=order,
        number=1,
        idempotency_key=ref,
        amount=order.total,
        currency=order.currency,
        expires_at=at,
        planned_at=at,
    )
    Payment.objects.create(
        order=order,
        attempt=attempt,
        payment_intent=ref,
        amount=order.total,
        currency=order.currency,
        outcome="confirmed",
        recorded_at=at,
    )
    rows = payments.request_refund_of(
        order_id=order.pk,
        reason=RefundReason.GOODWILL,
        amount=Decimal(1),
        explanation="It was late.",
        by="customer",
        reference="absurd",
        at=at,
    )
    return rows[0]


def dispute_of(order: Any, *, at: Any) -> Dispute:
    """Return a dispute of another part of it, which waits for an answer."""
    return Dispute.objects.create(
        stripe_id="du_absurd",
        payment=Payment.objects.get(order=order),
        order=order,
        amount=1,
        currency=order.currency,
        reason="general",
        status="warning_needs_response",
        due_by=at + timedelta(days=7),
        opened_at=at,
    )


def cake_ids(*, at: Any, product_id: int) -> dict[str, Any]:
    """Return the names of one of everything about custom cakes."""
    request = submit(wishes=make_wishes(at=at), at=at)
    revision = request.revisions.get()
    draft_id = descriptions.ask_draft(
        subject=Subject.PRODUCT,
        reference=str(product_id),
        tone="plain",
        event_type="",
        asked_by="user:1",
        at=at,
    )
    return {
        "request_id": request.pk,
        "token": request_token(request.public_id),
        "option_id": revision.design["finish_id"],
        "prediction_id": revision.prediction_id,
        "draft_id": draft_id,
        "kind": "price",
        "design": revision.design,
        "wanted_on": str(revision.wanted_on),
        "version": request.version,
    }


@pytest.fixture
def world(settings, sandbox) -> dict[str, Any]:
    """One of everything, and what names it in an address or a body."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/minute")
    at = clock.now()
    cake, slot = make_cake(stock=50, message=40), make_slot(at + timedelta(days=7))
    user, boss = people.customer(), people.staff("administrator")
    coupon, card = make_coupon(at=at), members.issue(at=at)
    members.earn(user, 500, at=at)
    cart = services.open_account_cart(user_id=user.pk, at=at)
    services.put_line(
        cart_id=cart.pk, user_id=user.pk, variant_id=cake.pk, quantity=2, message="Hi", at=at
    )
    lines = [(cake, 1, "")]
    waiting = place(lines, slot=slot, at=at)
    order = place(lines, slot=slot, at=at)
    pay(order, ref="pi_absurd", at=at)
    address = accounts.add_address(
        user_id=user.pk,
        parts={
            "recipient": "Ada",
            "line1": "1 King Street",
            "city": "Toronto",
            "region": "ON",
            "postcode": "M5H 1A1",
            "country": "CA",
        },
        at=at,
    )
    station = make_station("Cakes", at=at)
    refund = ask_back(order, ref="pi_absurd", at=at)
    dispute = dispute_of(order, at=at)
    document = receipts.settle_documents(order_id=order.pk, at=at)
    assert document is not None
    difference = Difference.objects.create(
        kind="order_not_paid", key="payment:1", found_at=at, seen_at=at, currency="CAD"
    )
    family = RefreshFamily.objects.create(user=boss, created_at=at, otp_at=at)
    access = sign_access(
        user_id=boss.pk, token_version=boss.token_version, family=family.pk, otp_at=at, at=at
    )
    return {
        "staff": people.api(access),
        "customer": people.api(people.log_in(user).access),
        "guest": people.api(),
        "console": people.browser(boss, verified=True),
        "browser": people.browser(user),
        "waiting": waiting,
        "order": order,
        "refund": refund,
        "dispute": dispute,
        "document": document,
        "difference": difference,
        "ids": {
            "refund_id": str(refund.public_id),
            "dispute_id": dispute.stripe_id,
            "difference_id": difference.pk,
            "cart_id": str(cart.pk),
            "public_id": str(order.public_id),
            "line_id": cart.lines.get().pk,
            "product_id": cake.product_id,
            "slug": cake.product.slug,
            "variant_id": cake.pk,
            "slot_id": slot.pk,
            "user_id": user.pk,
            "promotion_id": coupon.promotion_id,
            "coupon_id": coupon.pk,
            "card_id": card.pk,
            "address_id": address.pk,
            "station_id": station.pk,
            "code": "TENOFF",
            "action": "block",
            "phone": "+14165550123",
            "country": "CA",
            "revision": 0,
            "order": order.number,
            "password": people.PASSWORD,
            "waitlist": None,
            "delivery": None,
            "event_on": None,
            "day": str(slot.starts_at.date()),
            **cake_ids(at=at, product_id=cake.product_id),
        },
    }


# --- the API ------------------------------------------------------------------------------------


@cache
def operations() -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Every method of every address, with what it takes and the parts that this refers to."""
    described = SchemaGenerator().get_schema(request=None, public=True)
    parts = described["components"]["schemas"]
    return [
        (method, path, operation, parts)
        for path, methods in sorted(described["paths"].items())
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def resolved(schema: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    while ref := schema.get("$ref"):
        schema = parts[ref.rpartition("/")[2]]
    for key in ("allOf", "oneOf", "anyOf"):
        for option in schema.get(key, []):
            if option.get("type") != "null" and "NullEnum" not in option.get("$ref", ""):
                return resolved(option, parts)
    return schema


def plain(  # noqa: PLR0911 - a line for each type
    schema: dict[str, Any], parts: dict[str, Any], name: str, ids: dict[str, Any]
) -> Any:
    """Return a value that makes sense, so that the one that does not is what is looked at."""
    schema = resolved(schema, parts)
    if name in ids:
        return ids[name]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            wanted = schema.get("required", [])
            return {key: plain(fields[key], parts, key, ids) for key in wanted if key in fields}
        case "array":
            return [plain(schema.get("items", {}), parts, name, ids)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return {
        "date": str(clock.now().date() + timedelta(days=7)),
        "date-time": (clock.now() + timedelta(days=7)).isoformat(),
        "time": "10:00",
        "uuid": str(uuid4()),
        "email": "ada@example.com",
        "decimal": "1.00",
    }.get(schema.get("format", ""), "because")


def known(example: Any, ids: dict[str, Any]) -> Any:
    """Return an example of the description with names of what there is."""
    if isinstance(example, dict):
        left_out = ("expected_total", "expected_due")
        return {
            name: ids.get(name, known(value, ids))
            for name, value in example.items()
            if name not in left_out
        }
    return [known(item, ids) for item in example] if isinstance(example, list) else example


def sensible(operation: dict[str, Any], parts: dict[str, Any], ids: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if not content:
        return None, {}
    shape = resolved(content.get("schema", {}), parts)
    for example in content.get("examples", {}).values():
        return known(example["value"], ids), shape
    return plain(shape, parts, "", ids), shape


def spoiled(body: Any, shape: dict[str, Any], parts: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the body with one value of it, however deep, replaced by one that is absurd."""
    found: list[tuple[str, Any]] = []
    shape = resolved(shape, parts)
    fields = shape.get("properties", {})
    if isinstance(body, dict):
        for name in {**fields, **body}:
            found += [(f"{name}={odd!r:.40}", {**body, name: odd}) for odd in some(ABSURD)]
            value = body.get(name)
            if value is None and name in fields:
                value = plain(fields[name], parts, name, {})
            deeper = spoiled(value, fields.get(name, {}), parts)
            found += [(f"{name}.{how}", {**body, name: new}) for how, new in deeper]
    if isinstance(body, list) and body and isinstance(body[0], dict | list):
        deeper = spoiled(body[0], shape.get("items", {}), parts)
        found += [(f"0.{how}", [new]) for how, new in deeper]
    return found


def ask(client: Any, method: str, path: str, body: Any = None, **more: Any) -> int:
    """Return the status of a request that is undone."""
    client.raise_request_exception = False
    with transaction.atomic():
        send = getattr(client, method)
        if body is None:
            status = send(path, **more).status_code
        else:
            text = json.dumps(body)
            status = send(path, text, content_type="application/json", **more).status_code
        transaction.set_rollback(True)
    return int(status)


def placed(path: str, ids: dict[str, Any]) -> str:
    if path.startswith("/api/v1/staff/refunds/"):
        ids = {**ids, "public_id": ids["refund_id"]}
    return re.sub(r"{(\w+)}", lambda match: quote(str(ids.get(match[1], uuid4()))), path)


def who(path: str, world: dict[str, Any]) -> Any:
    if path.startswith("/api/v1/staff/"):
        return world["staff"]
    return world["guest" if path.startswith("/api/v1/auth") else "customer"]


def test_no_field_of_the_api_breaks_it(world):
    broken, sent, taken = [], 0, 0
    for method, path, operation, parts in operations():
        client, target = who(path, world), placed(path, world["ids"])
        body, shape = sensible(operation, parts, world["ids"])
        bodies = [("as it should be", body)]
        if body is not None:
            bodies += [(f"{odd!r:.40}", odd) for odd in some(ABSURD)]
            bodies += spoiled(body, shape, parts)
        for how, wrong in bodies:
            sent += 1
            headers = {"Idempotency-Key": f"absurd-{sent}"}
            status = ask(client, method, target, wrong, headers=headers)
            taken += how == "as it should be" and status < 300
            if status >= 500:
                broken.append(f"{method} {path} {how} -> {status}")
    assert broken == []
    assert sent > 250
    assert taken > 90, "most of what makes sense is accepted"


def test_no_address_or_query_of_the_api_breaks_it(world):
    broken, sent = [], 0
    for method, path, operation, _parts in operations():
        client = who(path, world)
        names = [x["name"] for x in operation.get("parameters", []) if x["in"] == "query"]
        targets = [
            f"{placed(path, world['ids'])}?{name}={quote(odd, errors='surrogatepass')}"
            for name in (*names, "cursor", "page", "limit")
            if method == "get"
            for odd in some(TEXTS)
        ]
        for name in re.findall(r"{(\w+)}", path):
            targets += [
                placed(path, {**world["ids"], name: odd})
                for odd in some(TEXTS)
                if odd != "\ud800" and odd.strip("./ ")
            ]
        for target in targets:
            sent += 1
            if (status := ask(client, method, target, {} if method != "get" else None)) >= 500:
                broken.append(f"{method} {target:.150} -> {status}")
    assert sent > 80
    assert broken == []


# --- forms of pages and of the console ----------------------------------------------------------


class Forms(HTMLParser):
    """The forms of a page: where each goes, how, and what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._open: dict[str, str] | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._open = {}
            method = given.get("method", "get").lower()
            self.forms.append((method, given.get("action", ""), self._open))
        elif self._open is None:
            return
        elif tag == "select":
            self._select = name
            self._open.setdefault(name, "")
        elif tag == "option" and self._select and ("selected" in given or not self._value()):
            self._open[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self._open.setdefault(name, "")
        elif tag in {"input", "button"} and name:
            boxes = {"checkbox", "radio"}
            if given.get("type") not in boxes or "checked" in given:
                self._open.setdefault(name, given.get("value", ""))

    def _value(self) -> str:
        return (self._open or {}).get(self._select, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open[self._area] += data.strip()


def forms_of(client: Any, path: str) -> list[tuple[str, str, dict[str, str]]]:
    client.raise_request_exception = False
    reply = client.get(path)
    assert reply.status_code < 500, f"{path} -> {reply.status_code}"
    if reply.status_code != 200 or "html" not in reply.headers["Content-Type"]:
        return []
    found = Forms()
    found.feed(reply.content.decode())
    forms = []
    for method, action, fields in found.forms:
        target = action.partition("?")[0] if method == "get" else action
        if target.startswith(("http", "/console/logout", "/account/logout", "/admin/jsi18n")):
            continue
        forms.append((method, target or path.partition("?")[0], fields))
    return forms


def broken_forms(client: Any, path: str, seen: set[Any]) -> list[str]:
    broken = []
    client.raise_request_exception = False
    for method, target, fields in forms_of(client, path):
        if method == "get" and path.startswith("/console/"):
            continue  # searches and filters: see the test of queries
        # One row of many is enough, and one list of many.
        kind = (method, re.sub(r"[0-9a-f-]{36}|\d+", "#", target))
        names = [
            name
            for name in fields
            if (kind, re.sub(r"\d+", "#", name)) not in seen and "csrf" not in name
        ]
        for name in names:
            seen.add((kind, re.sub(r"\d+", "#", name)))
            for odd in some(TEXTS):
                with transaction.atomic():
                    text = odd.encode("utf-8", "surrogatepass").decode("latin-1")
                    reply = getattr(client, method)(target, {**fields, name: text})
                    transaction.set_rollback(True)
                if reply.status_code >= 500:
                    broken.append(f"{method} {target} {name}={odd!r:.40} -> {reply.status_code}")
    return broken


def test_no_form_of_a_page_breaks_it(world):
    ids, browser = world["ids"], world["browser"]
    open_one = f"/orders/{world['order'].public_id}/"
    day = ids["day"]
    pages = [
        "/shop/", f"/shop/{ids['slug']}/", "/servings/", "/cart/", "/checkout/", open_one,
        f"{open_one}edit/", f"{open_one}refunds/", f"/orders/{world['waiting'].public_id}/",
        "/account/", "/account/data/", "/account/claims/?token=x", f"/waitlist/join/?day={day}",
        "/custom-cakes/", f"/custom-cakes/r/{ids['token']}/edit/",
    ]  # fmt: skip
    seen: set[Any] = set()
    assert [line for path in pages for line in broken_forms(browser, path, seen)] == []
    strangers = ["/account/login/", "/account/register/", "/account/forgot/"]
    stranger = people.browser()
    assert [line for path in strangers for line in broken_forms(stranger, path, seen)] == []
    assert len(seen) > 30


def test_no_form_of_the_console_breaks_it(world):
    console, ids = world["console"], world["ids"]
    keys = {
        "orders/order": world["order"].pk,
        "orders/station": ids["station_id"],
        "orders/handover": world["order"].pk,
        "loyalty/promotion": ids["promotion_id"],
        "loyalty/coupon": ids["coupon_id"],
        "loyalty/giftcard": ids["card_id"],
        "loyalty/pointsaccount": ids["user_id"],
        "accounts/user": ids["user_id"],
        "catalog/product": ids["product_id"],
        "inventory/slot": ids["slot_id"],
        "payments/refundrequest": world["refund"].pk,
        "payments/payment": world["dispute"].payment_id,
        "payments/dispute": world["dispute"].pk,
        "receipts/document": world["document"].pk,
        "books/difference": world["difference"].pk,
        "custom_cakes/cakerequest": ids["request_id"],
        "custom_cakes/cakeoption": ids["option_id"],
        "pricing/prediction": ids["prediction_id"],
        "pricing/decision": ids["product_id"],
        "descriptions/product": ids["product_id"],
        "descriptions/draft": ids["draft_id"],
    }
    moves = f"/console/payments/refundrequest/{world['refund'].public_id}"
    seen: set[Any] = set()
    broken = []
    for action in ("approve", "reject", "withdraw", "retry", "give-back"):
        broken += broken_forms(console, f"{moves}/{action}/", seen)
    for route in CONSOLE_ROUTES:
        if not _SOLD.match(route.pattern):
            continue
        place = re.match(r"console/(\w+/\w+)/", route.pattern)
        key = keys.get(place[1] if place else "", world["order"].pk)
        broken += broken_forms(console, route.path.replace("999999", str(key)), seen)
    assert broken == []
    assert len(seen) > 40


def test_no_query_of_the_console_breaks_it(world):
    console, broken = world["console"], []
    for route in CONSOLE_ROUTES:
        if not _SOLD.match(route.pattern):
            continue
        for odd in ("\u00b2",):
            names = ("q", "p", "o", "day", "first", "last", "tried", "status", "zone", "postcode")
            query = "&".join(f"{name}={quote(odd)}" for name in names)
            path = route.path.replace("999999", quote(odd))
            with transaction.atomic():
                console.raise_request_exception = False
                status = console.get(f"{path}?{query}").status_code
                transaction.set_rollback(True)
            if status >= 500:
                broken.append(f"{path}?{query:.60} -> {status}")
    assert broken == []


@pytest.mark.control
def test_control_a_page_that_breaks_is_seen(world, monkeypatch):
    monkeypatch.setattr("tests.faults.test_absurd_input.some", lambda values: values)
    monkeypatch.setattr("apps.orders.services.add_code", lambda **given: int(given["code"]))
    assert broken_forms(world["browser"], "/cart/", set()) != []
