"""What staff may send while they take an order or money for it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.orders import services
from apps.orders.api.fields import StrictCharField
from apps.orders.api.serializers import LineInput
from apps.orders.rules.checks import MAX_LINES
from apps.orders.states import Channel, Fulfilment, TenderKind
from bakery.edge.fields import WholeNumber

_BIGGEST_ID = 2**63 - 1
_TAKEN = [(Channel.COUNTER, "counter"), (Channel.PHONE, "phone")]
_AT_COUNTER = [(TenderKind.CASH, "cash"), (TenderKind.TERMINAL, "card at the counter")]


class CounterCustomerInput(serializers.Serializer):  # type: ignore[type-arg]
    """Who orders. At the counter all may be empty, on the phone the number may not."""

    name = StrictCharField(max_length=200, allow_blank=True, default="")
    email = StrictCharField(max_length=254, allow_blank=True, default="")
    phone = StrictCharField(max_length=40, allow_blank=True, default="")
    user_id = WholeNumber(
        min_value=1,
        max_value=_BIGGEST_ID,
        required=False,
        allow_null=True,
        default=None,
        help_text="The customer's account, which then gets the points.",
    )


class CounterAddressInput(serializers.Serializer):  # type: ignore[type-arg]
    """Where an order is brought."""

    recipient = StrictCharField(max_length=200)
    phone = StrictCharField(max_length=40, allow_blank=True, default="")
    line1 = StrictCharField(max_length=200)
    line2 = StrictCharField(max_length=200, allow_blank=True, default="")
    city = StrictCharField(max_length=100)
    region = StrictCharField(max_length=100, allow_blank=True, default="")
    postcode = StrictCharField(max_length=12)
    country = StrictCharField(max_length=2, min_length=2)
    instructions = StrictCharField(max_length=500, allow_blank=True, default="")


class CounterOrderInput(serializers.Serializer):  # type: ignore[type-arg]
    """An order as staff type it in."""

    channel = serializers.ChoiceField(choices=_TAKEN)
    goods = serializers.ListField(child=LineInput(), allow_empty=False, max_length=MAX_LINES)
    customer = CounterCustomerInput(required=False)
    slot_id = WholeNumber(
        min_value=1,
        max_value=_BIGGEST_ID,
        required=False,
        allow_null=True,
        default=None,
        help_text="Without it: the next time at which everything can be had.",
    )
    fulfilment = serializers.ChoiceField(choices=Fulfilment.choices, default=Fulfilment.PICKUP)
    delivery = CounterAddressInput(required=False, allow_null=True, default=None)
    event_on = serializers.DateField(required=False, allow_null=True, default=None)
    event_confirmed = serializers.BooleanField(default=False)
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES,
        required=False,
        default="",
        help_text="What its mails are written in; without it the account's language, or English.",
    )
    note = StrictCharField(max_length=1000, allow_blank=True, default="")
    codes = serializers.ListField(
        child=StrictCharField(max_length=64), required=False, default=list, max_length=5
    )
    hold_hours = WholeNumber(
        min_value=1,
        max_value=24,
        required=False,
        allow_null=True,
        default=None,
        help_text="How long the goods wait for a payment by link; at most COUNTER_HOLD_HOURS.",
    )
    expected_total = serializers.DecimalField(
        max_digits=10, decimal_places=2, required=False, allow_null=True, default=None
    )

    def wanted(self) -> services.CounterOrder:
        """Return what was typed in, after `is_valid`."""
        data: dict[str, Any] = self.validated_data
        hours = data["hold_hours"]
        return services.CounterOrder(
            goods=[services.WantedGood(**good) for good in data["goods"]],
            customer=services.Customer(
                **data.get("customer", {"name": "", "email": "", "phone": ""})
            ),
            terms=services.Terms(
                fulfilment=Fulfilment(data["fulfilment"]),
                address=services.Address(**data["delivery"]) if data["delivery"] else None,
                event_on=data["event_on"],
                event_confirmed=data["event_confirmed"],
                note=data["note"],
                language=data["language"],
                channel=Channel(data["channel"]),
                hold_for=timedelta(hours=hours) if hours else None,
            ),
            slot_id=data["slot_id"],
            codes=data["codes"],
        )


class GoodsInput(serializers.Serializer):  # type: ignore[type-arg]
    """Which goods a pickup time is looked for."""

    goods = serializers.ListField(child=LineInput(), allow_empty=False, max_length=MAX_LINES)


class SearchInput(serializers.Serializer):  # type: ignore[type-arg]
    """What is looked for."""

    q = serializers.CharField(max_length=100, allow_blank=True, default="")


class TenderInput(serializers.Serializer):  # type: ignore[type-arg]
    """Money that was taken for an order."""

    kind = serializers.ChoiceField(choices=_AT_COUNTER)
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    slip = StrictCharField(
        max_length=60, allow_blank=True, default="", help_text="The terminal's reference."
    )
    received = serializers.DecimalField(
        max_digits=10,
        decimal_places=2,
        required=False,
        allow_null=True,
        default=None,
        help_text="The cash that was handed over, to have the change worked out.",
    )
    taken_along = serializers.BooleanField(
        default=False, help_text="The goods go over the counter at once."
    )


class PayLinkInput(serializers.Serializer):  # type: ignore[type-arg]
    """How the link to pay goes out."""

    by = serializers.ChoiceField(choices=[("mail", "mail"), ("sms", "text message")])
