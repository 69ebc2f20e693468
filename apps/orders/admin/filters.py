"""Filters of the console's list of orders."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.orders import selectors
from apps.orders.models import Order, OrderQuerySet
from apps.orders.states import OPEN_STATUSES
from bakery.kernel import clock

_DAYS_LISTED = 7


class PickupDayFilter(admin.SimpleListFilter):
    """Orders by the shop's day of pickup; any day may be given in the address as YYYY-MM-DD."""

    title = "pickup day"
    parameter_name = "pickup"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        """Offer the coming week."""
        today = clock.shop_date(clock.now())
        names = {0: "Today", 1: "Tomorrow"}
        for offset in range(_DAYS_LISTED):
            day = today + timedelta(days=offset)
            yield day.isoformat(), names.get(offset, f"{day:%A} {day.day} {day:%B}")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order] | None:
        """Return the orders of the day; of no day at all for one that is none."""
        if self.value() is None:
            return None
        try:
            day = date.fromisoformat(str(self.value()))
        except ValueError:
            return queryset.none()
        if not clock.is_in_our_time(day):
            return queryset.none()
        return cast("OrderQuerySet", queryset).picked_up_on(day)


class OpenFilter(admin.SimpleListFilter):
    """Orders that somebody has still to work on."""

    title = "work"
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer what is open, and cakes that nobody has seen."""
        return [("open", "Open"), ("unseen", "Paid, not seen by the kitchen")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order] | None:
        """Return the orders with work left."""
        if self.value() == "open":
            return queryset.filter(status__in=OPEN_STATUSES)
        if self.value() == "unseen":
            return queryset.filter(status__in=OPEN_STATUSES, acknowledged_at=None)
        return None


class PaymentFilter(admin.SimpleListFilter):
    """Orders by what was paid for them."""

    title = "payment"
    parameter_name = "payment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer what somebody may have to run after."""
        return [(value, label) for value, (label, _) in selectors.PAYMENTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order] | None:
        """Return the orders that are paid so."""
        chosen = selectors.PAYMENTS.get(str(self.value()))
        return queryset.filter(chosen[1]) if chosen else None
