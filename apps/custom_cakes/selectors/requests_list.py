"""Requests in lists: each with what is asked for now, in one statement."""

from typing import Any

from django.db.models import (
    CharField,
    DateField,
    DecimalField,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast

from apps.custom_cakes.models import CakeRequest, CakeRevision, Quote
from apps.custom_cakes.states import RequestStatus

_MONEY = DecimalField(max_digits=10, decimal_places=2)


def listed_requests() -> QuerySet[Any]:
    """Return requests that were sent, with what is asked for now.

    Each has ``wanted_on``, ``guests``, ``tiers``, and ``low`` and ``high`` in ``currency``: what
    its customer was told.
    """
    current = CakeRevision.objects.filter(request=OuterRef("pk"), no=OuterRef("revision"))
    estimate = KeyTransform("estimate", "facts")

    def of(name: str) -> Any:
        return current.order_by().values(name)[:1]

    told = current.order_by().annotate(
        low=Cast(KeyTextTransform("low", estimate), _MONEY),
        high=Cast(KeyTextTransform("high", estimate), _MONEY),
        count=Func(
            KeyTransform("tiers", "design"),
            function="jsonb_array_length",
            output_field=IntegerField(),
        ),
    )
    return (
        CakeRequest.objects.exclude(status=RequestStatus.DRAFT)
        .filter(submitted_at__isnull=False)
        .annotate(
            wanted_on=Subquery(of("wanted_on"), output_field=DateField()),
            guests=Subquery(of("guests"), output_field=IntegerField()),
            currency=Subquery(of("currency"), output_field=CharField()),
            low=Subquery(told.values("low")[:1], output_field=_MONEY),
            high=Subquery(told.values("high")[:1], output_field=_MONEY),
            tiers=Subquery(told.values("count")[:1], output_field=IntegerField()),
            order_number=F("order__number"),
        )
    )


def waiting_count() -> int:
    """Return how many requests wait for the shop."""
    return CakeRequest.objects.filter(status=RequestStatus.PENDING_REVIEW).count()


def request_of_order(order_id: int) -> int | None:
    """Return the request for whose offer an order was placed, None for one of the shop."""
    offers = Quote.objects.filter(order_id=order_id)
    return offers.values_list("request_id", flat=True).first()
