"""What clients may send. Whatever else they send is not looked at."""

from datetime import date
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.orders.api.fields import StrictCharField
from apps.orders.rules.checks import MAX_MESSAGE, MAX_NOTE, MAX_QUANTITY
from apps.orders.selectors import PAYMENTS
from apps.orders.states import Fulfilment, OrderStatus
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock
from bakery.kernel.postal import LONGEST

_BIGGEST_ID = 2**63 - 1


class LineInput(serializers.Serializer):  # type: ignore[type-arg]
    """How many of a variant, and what to write on it."""

    variant_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID)
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)
    message = StrictCharField(
        max_length=MAX_MESSAGE, allow_blank=True, default="", help_text="Written on the cake."
    )


class LineChange(serializers.Serializer):  # type: ignore[type-arg]
    """A new number and message of a line."""

    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)
    message = StrictCharField(max_length=MAX_MESSAGE, allow_blank=True, default="")


class CustomerInput(serializers.Serializer):  # type: ignore[type-arg]
    """Who orders."""

    name = StrictCharField(max_length=200)
    email = StrictCharField(max_length=254)
    phone = StrictCharField(max_length=40, allow_blank=True, default="")


class DeliverToInput(serializers.Serializer):  # type: ignore[type-arg]
    """Where an order is brought; the country is the shop's if absent."""

    recipient = StrictCharField(max_length=LONGEST["recipient"])
    phone = StrictCharField(max_length=40, allow_blank=True, default="")
    line1 = StrictCharField(max_length=LONGEST["line1"])
    line2 = StrictCharField(max_length=LONGEST["line2"], allow_blank=True, default="")
    city = StrictCharField(max_length=LONGEST["city"])
    region = StrictCharField(max_length=LONGEST["region"], allow_blank=True, default="")
    postcode = StrictCharField(max_length=40)
    country = StrictCharField(max_length=40, default="")
    instructions = StrictCharField(max_length=LONGEST["instructions"], allow_blank=True, default="")


class OrderInput(serializers.Serializer):  # type: ignore[type-arg]
    """A checkout: which cart, who, when, and the total that the customer has seen."""

    cart_id = serializers.UUIDField()
    customer = CustomerInput()
    slot_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID, required=False)
    pickup_at = StrictCharField(
        max_length=64,
        required=False,
        help_text="Instead of slot_id: when the pickup time begins, ISO 8601; the shop's wall time"
        " if without an offset.",
    )
    expected_total = serializers.DecimalField(
        max_digits=10, decimal_places=2, required=False, allow_null=True, default=None
    )
    expected_due = serializers.DecimalField(
        max_digits=10,
        decimal_places=2,
        required=False,
        allow_null=True,
        default=None,
        help_text="What the customer was told is left to pay after gift cards.",
    )
    note = StrictCharField(
        max_length=MAX_NOTE, allow_blank=True, default="", help_text="For the bakery."
    )

    fulfilment = serializers.ChoiceField(choices=Fulfilment.choices, default=Fulfilment.PICKUP)
    delivery = DeliverToInput(required=False, help_text="Where to bring it; see address_id.")
    address_id = WholeNumber(
        min_value=1,
        max_value=_BIGGEST_ID,
        required=False,
        help_text="Instead of delivery: an address of the account's book.",
    )
    event_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The day of the feast, if any."
    )
    event_confirmed = serializers.BooleanField(
        default=False, help_text="After event_day (409): the days are meant as they are."
    )
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES,
        required=False,
        help_text="What its mails and documents are written in; without it, the account's language"
        " or the first of Accept-Language that we write.",
    )
    waitlist = serializers.UUIDField(
        required=False, help_text="The key of an offer of the waiting list, for its pickup time."
    )

    def validate_event_on(self, day: date | None) -> date | None:
        """Refuse years in which no calendar of ours works."""
        if day is not None and not clock.is_in_our_time(day):
            raise serializers.ValidationError("The year is out of range.")
        return day

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Insist on one way to say when, and one to say where."""
        if "delivery" in attrs and "address_id" in attrs:
            raise serializers.ValidationError({"address_id": ["Give delivery or address_id."]})
        if ("slot_id" in attrs) == ("pickup_at" in attrs):
            raise serializers.ValidationError({"slot_id": ["Give slot_id or pickup_at."]})
        return attrs


class ReasonInput(serializers.Serializer):  # type: ignore[type-arg]
    """Why an order is called off."""

    reason = StrictCharField(max_length=500, allow_blank=True, default="")


class StaffReasonInput(serializers.Serializer):  # type: ignore[type-arg]
    """Why staff call an order off; they must say."""

    reason = StrictCharField(min_length=3, max_length=500)


class StaffFilter(serializers.Serializer):  # type: ignore[type-arg]
    """Which orders staff want to see."""

    status = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.choices),
        required=False,
        max_length=len(OrderStatus),
    )
    pickup = serializers.DateField(required=False, help_text="A day of the shop, YYYY-MM-DD.")
    cake = serializers.BooleanField(required=False, default=False)
    payment = serializers.ChoiceField(
        choices=[(word, label) for word, (label, _) in PAYMENTS.items()], required=False
    )
    email = StrictCharField(required=False, max_length=254, help_text="One customer's mailbox.")

    def validate_pickup(self, day: date) -> date:
        """Refuse years in which no calendar of ours works."""
        if not clock.is_in_our_time(day):
            raise serializers.ValidationError("The year is out of range.")
        return day
