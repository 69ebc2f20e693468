"""Every column of every model, sent where clients may write: what is not asked for is nothing (X1).

The same way is gone twice, plainly and with a value for every column of orders, loyalty and
accounts in each body. What is in the database afterwards must not differ by a column.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import models
from rest_framework import serializers
from rest_framework.test import APIClient

from apps.accounts.api.serializers import ProfileIn, RegisterIn
from apps.accounts.models import Address, MailboxRequest, User
from apps.loyalty.models import GiftCard, PointsAccount, Promotion
from apps.orders.api import cart_benefits
from apps.orders.api import serializers as orders_api
from apps.orders.models import Cart, CartLine, Order, OrderLine
from bakery.kernel import clock
from tests.accounts import people
from tests.loyalty.offers import make_coupon
from tests.orders.factories import make_cake, make_slot

pytestmark = pytest.mark.django_db
ROOMS = ("orders", "loyalty", "accounts")
# What differs between any two orders, accounts or carts, whoever made them.
OWN = {
    *("id", "public_id", "number", "pickup_code", "email", "customer_email", "password"),
    *("user", "order", "cart", "cart_id", "placed_at", "created_at", "updated_at", "ordered_at"),
    *("hold_expires_at", "date_joined", "session_key", "referral_code"),
}
CUSTOMER = {"name": "Ada Byron", "email": "ada@example.com", "phone": "+14165550123"}


def hostile(field: models.Field) -> Any:
    kinds: list[tuple[type[models.Field], Any]] = [
        (models.BooleanField, True),
        (models.UUIDField, str(UUID(int=7))),
        (models.DecimalField, "0.01"),
        (models.IntegerField, 987654),
        (models.ForeignKey, 987654),
        (models.DateTimeField, "2099-01-01T00:00:00Z"),
        (models.DateField, "2099-01-01"),
        (models.JSONField, ["forged"]),
        (models.CharField, "forged"),
        (models.TextField, "forged"),
    ]
    return next((value for kind, value in kinds if isinstance(field, kind)), "forged")


def every_column() -> dict[str, Any]:
    forged: dict[str, Any] = {"is_superuser": True, "user_permissions": [1], "groups": [1]}
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models():
            for field in model._meta.concrete_fields:
                forged[field.name] = forged[field.attname] = hostile(field)
    return forged


FORGED = every_column()


def body(form: type[serializers.Serializer], asked: dict[str, Any], *, forged: bool) -> dict:
    """Return what is asked for; ``forged`` with every column that ``form`` does not know."""
    if not forged:
        return asked
    unknown = {name: value for name, value in FORGED.items() if name not in form().fields}
    return {**unknown, **asked}


def sent(reply) -> dict[str, Any]:
    assert reply.status_code in {200, 201, 202}, reply.content
    return reply.json()


def order(api: APIClient, cake, slot, *, forged: bool) -> Order:
    def of(form, **asked):
        return body(form, asked, forged=forged)

    opened = FORGED if forged else {}
    cart = sent(api.post("/api/v1/carts", opened, format="json"))["id"]
    path = f"/api/v1/carts/{cart}"
    line = of(orders_api.LineInput, variant_id=cake.pk, quantity=1, message="no nuts")
    line_id = sent(api.put(f"{path}/lines", line, format="json"))["lines"][0]["id"]
    change = of(orders_api.LineChange, quantity=2, message="no nuts")
    sent(api.put(f"{path}/lines/{line_id}", change, format="json"))
    code = of(cart_benefits.CodeInput, code="TENOFF")
    sent(api.post(f"{path}/codes", code, format="json"))
    points = of(cart_benefits.PointsInput, points=0)
    sent(api.put(f"{path}/points", points, format="json"))
    asked = of(
        orders_api.OrderInput,
        cart_id=cart,
        customer=of(orders_api.CustomerInput, **CUSTOMER),
        slot_id=slot.pk,
    )
    placed = sent(
        api.post("/api/v1/orders", asked, format="json", headers={"Idempotency-Key": uuid4().hex})
    )
    public_id = placed["public_id"]
    reason = of(orders_api.ReasonInput, reason="changed my mind")
    sent(api.post(f"/api/v1/orders/{public_id}/cancel", reason, format="json"))
    return Order.objects.get(public_id=public_id)


def row(thing: models.Model) -> dict[str, Any]:
    fields = thing._meta.concrete_fields
    return {x.name: getattr(thing, x.attname) for x in fields if x.name not in OWN}


def test_orders_and_carts_take_nothing_but_what_is_asked_for():
    now = clock.now()
    cake, slot = make_cake(stock=9, message=40), make_slot(now + timedelta(days=7))
    make_coupon("TENOFF", at=now)
    api = people.api()
    plain, forged = (order(api, cake, slot, forged=forged) for forged in (False, True))
    assert row(plain) == row(forged)
    assert forged.total == Decimal("86.40")
    (one,), (other,) = (OrderLine.objects.filter(order=x) for x in (plain, forged))
    assert row(one) == row(other)
    assert not forged.tenders.exists()
    one, other = Cart.objects.order_by("created_at")
    assert row(one) == row(other)
    one, other = (CartLine.objects.get(cart=cart) for cart in (one, other))
    assert row(one) == row(other)
    assert not GiftCard.objects.exists()
    assert not PointsAccount.objects.exists()
    assert Promotion.objects.get().used == 0, "both orders were called off"


ADDRESS = {
    "recipient": "Ada",
    "line1": "1 King Street",
    "city": "Toronto",
    "region": "ON",
    "postcode": "M5H 1A1",
    "country": "CA",
}


def register(email: str, *, forged: bool) -> MailboxRequest:
    asked = {"email": email, "password": "a long enough secret", "full_name": "Ada Byron"}
    wanted = body(RegisterIn, asked, forged=forged)
    sent(people.api().post("/api/v1/auth/register", wanted, format="json"))
    return MailboxRequest.objects.latest("pk")


def test_registrations_take_nothing_but_what_is_asked_for():
    plain, forged = (register("ada@example.com", forged=forged) for forged in (False, True))
    one, other = row(plain), row(forged)
    assert {**one, "at": None} == {**other, "at": None}


def test_profiles_take_nothing_but_what_is_asked_for():
    user = people.customer()
    api = people.api(people.log_in(user).access)
    before = row(User.objects.get(pk=user.pk))
    wanted = body(ProfileIn, {"full_name": "Ada Baker"}, forged=True)
    sent(api.patch("/api/v1/me", wanted, format="json"))
    after = User.objects.get(pk=user.pk)
    assert row(after) == {**before, "full_name": "Ada Baker"}
    assert after.email == user.email
    assert after.check_password(people.PASSWORD)
    assert list(after.groups.values_list("name", flat=True)) == ["customer"]
    assert not after.user_permissions.exists()


def test_addresses_take_nothing_but_what_is_asked_for():
    user, other = people.customer(), people.customer("other@example.com")
    api = people.api(people.log_in(user).access)
    asked = {**FORGED, "user": other.pk, "user_id": other.pk, **ADDRESS, "is_default": False}
    known = {name: asked[name] for name in (*ADDRESS, "is_default", "user", "user_id", "id")}
    reply = api.post("/api/v1/me/addresses", known, format="json")
    assert reply.status_code == 201, reply.content
    address = Address.objects.get()
    assert (address.user_id, address.pk) != (other.pk, FORGED["id"])
    assert address.user_id == user.pk


def test_no_serializer_writes_a_model_by_itself():
    def below(kind):
        return {kind, *(deeper for sub in kind.__subclasses__() for deeper in below(sub))}

    ours = [x for x in below(serializers.BaseSerializer) if x.__module__.startswith("apps.")]
    assert len(ours) > 40
    assert [x for x in ours if issubclass(x, serializers.ModelSerializer)] == []
