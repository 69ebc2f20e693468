"""The demo bakery, filled in a test's database."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.custom_cakes.models import CakePhoto, CakeRequest
from apps.custom_cakes.states import RequestStatus
from apps.inventory import selectors
from apps.inventory.models import DatedStock, Lot, LotUse, Stock, TillDelta, WasteEntry
from apps.inventory.states import TillState
from apps.notifications.models import AlertContact, Contact, InboundText, Message
from apps.notifications.states import MessageState, Topic
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.selectors.bake_sheet import bake_sheet
from apps.payments.models import RefundRequest
from apps.pricing.models import Prediction
from apps.pricing.services import registry
from apps.pricing.states import EstimateOrigin
from apps.recovery.models import RecoveryAttempt
from bakery.demo import pictures
from bakery.demo.alerts import ROSTER, TEXTS, seed_alerts
from bakery.demo.cakes import seed_cakes
from bakery.demo.calendar import seed_calendar
from bakery.demo.carts import CARTS, seed_left_carts
from bakery.demo.deposits import seed_deposits
from bakery.demo.money import seed_money
from bakery.demo.orders import ORDERS, seed_mixers, seed_orders
from bakery.demo.prices import seed_prices
from bakery.demo.requests import REQUESTS, seed_requests
from bakery.demo.seeding import seed_people, seed_range
from bakery.demo.stations import seed_stations
from bakery.demo.stockroom import FLOUR, seed_stockroom
from bakery.kernel import clock

pytestmark = pytest.mark.django_db
COUNTED = (DatedStock, Lot, LotUse, TillDelta, WasteEntry)


def counts():
    return [model.objects.count() for model in COUNTED]


@pytest.fixture(autouse=True)
def _one_picture(monkeypatch):
    """Draw once: drawing takes longer than all the rest."""
    drawn = pictures.draw(
        "cake", body="#ffffff", top="#eeeeee", accent="#cc3333", backdrop="#dddddd"
    )
    monkeypatch.setattr(pictures, "draw", lambda *args, **kwargs: drawn)


@pytest.mark.usefixtures("storage")
def test_the_demo_is_filled_once_and_has_something_for_every_page(settings, drain_outbox):
    settings.PRICING_TRUST_SIMULATED = True
    registry.forget_kept()
    at = clock.now()
    seed_range(at=at)
    seed_calendar(at=at)
    assert seed_stockroom(at=at) is True
    first = counts()
    assert seed_stockroom(at=at) is False
    assert counts() == first
    assert LotUse.objects.filter(used__code=FLOUR).count() == 2
    assert TillDelta.objects.filter(state=TillState.CONFLICT).count() == 2
    assert list(Stock.objects.exclude(low_since=None).values_list("variant__sku", flat=True)) == [
        "CUP-12"
    ]
    doughnuts = DatedStock.objects.filter(variant__sku="DONUT-1")
    assert [row.on_hand for row in doughnuts] == [108, 108]
    assert selectors.ledger_differences() == []
    seed_people(at=at)
    seed_deposits(at=at)
    seed_mixers()
    assert seed_orders(at=at) == len(ORDERS)
    assert seed_orders(at=at) == 0
    assert not Order.objects.filter(paid_at=None).exists()
    assert seed_money(at=at) == 3
    assert Order.objects.get(status="deposit_paid").balance_due_at > at
    asked = RefundRequest.objects.values_list("status", "way").order_by("status")
    assert list(asked) == [("awaiting_approval", "by_hand"), ("succeeded", "by_hand")]
    assert Order.objects.exclude(paid_at=None).get(acknowledged_at=None).allergy_flag
    today = clock.shop_date(at)
    sheet = bake_sheet(today, today + timedelta(days=9), buffer_percent=Decimal(5))
    assert len(sheet.mixes) > 5
    assert sheet.without_recipe == ()
    assert seed_prices(at=at) is True
    seed_cakes(at=at)
    assert seed_prices(at=at) is False
    seed_stations(at=at)
    assert seed_requests(at=at) == len(REQUESTS)
    assert seed_requests(at=at) == 0
    orders.expire_overdue(at=at)
    drain_outbox()
    seen = set(CakeRequest.objects.values_list("status", flat=True))
    assert seen == set(RequestStatus.values) - {RequestStatus.CANCELLED}
    assert CakePhoto.objects.get().request.customer_name == "Ines Moreau"
    # What was asked for and decided there was predicted by a model.
    predicted = Prediction.objects.exclude(subject__startswith="DEMO-")
    assert set(predicted.values_list("origin", flat=True)) == {EstimateOrigin.MODEL}


def test_the_demo_tells_people_and_shows_carts_that_were_left(settings):
    settings.SHOP_ADDRESS = ["1 Baker Street", "Toronto ON"]
    at = clock.now()
    seed_range(at=at)
    assert seed_alerts(at=at) == len(ROSTER)
    assert seed_alerts(at=at) == 0
    assert list(AlertContact.objects.values_list("name", flat=True)) == ["Kim Teig", "Max Ofen"]
    assert InboundText.objects.count() == len(TEXTS)
    assert Contact.objects.filter(stopped_at__isnull=False).count() == 2
    assert seed_left_carts(at=at) == CARTS
    assert seed_left_carts(at=at) == 0
    made = RecoveryAttempt.objects.order_by("pk")
    times = list(made.values_list("planned_at", flat=True))
    assert times == sorted(times)
    assert not Message.objects.filter(state=MessageState.QUEUED, topic=Topic.CART).exists()
    assert made.filter(clicked_at__isnull=False).exists()
