"""A cake that nobody acknowledged for five minutes: every board alarms until somebody does."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from apps.orders.models import Order
from bakery.kernel import clock
from tests.live.test_board_page import is_live, kitchen_room, ticket, work

__all__ = ["kitchen_room", "work"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def rings(page):
    """Return how often the board has rung."""
    return int(page.locator("body").get_attribute("data-rings") or 0)


def test_the_board_alarms_for_a_cake_that_nobody_took_charge_of(
    kitchen_room, paid_cake, work, wait_until
):
    fresh, waiting = paid_cake("Ada"), paid_cake("Bea")
    now = clock.now()
    Order.objects.filter(pk=fresh.pk).update(paid_at=now)
    Order.objects.filter(pk=waiting.pk).update(paid_at=now - timedelta(minutes=6))
    one, two = kitchen_room.tablet(), kitchen_room.tablet(width=390)
    for page in (one, two):
        is_live(page)
        expect(page.locator("#alarm")).to_contain_text(f"6 min: {waiting.number}. Acknowledge")
        expect(page.locator("body")).to_have_attribute("data-alarm", "yes")
        assert fresh.number not in page.locator("#alarm").inner_text()
    one.locator("#sound").click()
    expect(one.locator("#sound")).to_have_text("Sound is on")
    heard = rings(one)
    wait_until(lambda: rings(one) > heard + 1, every=0.1)

    ticket(two, waiting).get_by_role("button", name="Acknowledge").click()
    for page in (one, two):
        expect(page.locator("#alarm")).to_be_hidden()
        expect(page.locator("body")).to_have_attribute("data-alarm", "no")
