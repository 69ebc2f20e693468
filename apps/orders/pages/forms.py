"""What customers type on pages. Services check it again; here it gets words beside the field."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings

from apps.orders.rules.checks import MAX_MESSAGE, MAX_NOTE, MAX_QUANTITY
from apps.orders.states import Fulfilment
from bakery.kernel import clock
from bakery.kernel.postal import LONGEST

_BIGGEST_ID = 2**63 - 1
_ADDRESS_WORDS = {
    "line1": "Tell us street and number.",
    "city": "Tell us the city.",
    "postcode": "We need the postcode to know whether we deliver there.",
}
# What makes two clicks different orders; the rest are sums that were shown, and the key itself.
NOT_TYPED = frozenset({"key", "expected_total", "expected_due", "seen_for"})


class LineForm(forms.Form):
    """A number and a message."""

    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    message = forms.CharField(max_length=MAX_MESSAGE, required=False, strip=False)


class AddForm(LineForm):
    """Something for the cart."""

    variant_id = forms.IntegerField(min_value=1, max_value=_BIGGEST_ID)


class DeliveryForm(forms.Form):
    """Whether it is picked up or brought, where to, and for which feast.

    ``seen_for`` is the postcode whose fee is in the sums on the page; ``offer`` is the key of a
    place that the waiting list holds, and ``offer_slot`` its pickup time.
    """

    fulfilment = forms.ChoiceField(choices=Fulfilment.choices, required=False)
    address_id = forms.IntegerField(min_value=1, max_value=_BIGGEST_ID, required=False)
    recipient = forms.CharField(max_length=LONGEST["recipient"], required=False)
    line1 = forms.CharField(max_length=LONGEST["line1"], required=False)
    line2 = forms.CharField(max_length=LONGEST["line2"], required=False)
    city = forms.CharField(max_length=LONGEST["city"], required=False)
    region = forms.CharField(max_length=LONGEST["region"], required=False)
    postcode = forms.CharField(max_length=40, required=False)
    country = forms.CharField(max_length=40, required=False)
    instructions = forms.CharField(max_length=LONGEST["instructions"], required=False)
    event_on = forms.DateField(
        required=False, error_messages={"invalid": "Write the day as 2026-11-28."}
    )
    event_confirmed = forms.BooleanField(required=False)
    seen_for = forms.CharField(max_length=80, required=False)
    offer = forms.UUIDField(required=False)
    offer_slot = forms.IntegerField(min_value=1, max_value=_BIGGEST_ID, required=False)
    ask_event = False

    def clean_event_on(self) -> Any:
        """Refuse years in which no calendar of ours works."""
        day = self.cleaned_data["event_on"]
        if day is not None and not clock.is_in_our_time(day):
            raise forms.ValidationError("The year is out of range.")
        return day

    def clean(self) -> dict[str, Any]:
        """Ask for an address where one is needed and none of the book was chosen."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("fulfilment") == Fulfilment.DELIVERY and not data.get("address_id"):
            for name, words in _ADDRESS_WORDS.items():
                if name not in self.errors and not data.get(name):
                    self.add_error(name, words)
        return data


class CheckoutForm(DeliveryForm):
    """Who picks up, and when; ``key`` makes a second click find the first one's order."""

    name = forms.CharField(
        max_length=200, error_messages={"required": "Tell us a name for the pickup."}
    )
    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "We send the confirmation to this address.",
            "invalid": "This is not an e-mail address.",
        },
    )
    phone = forms.CharField(
        max_length=40,
        error_messages={"required": "We call only when something is unclear about the order."},
    )
    slot_id = forms.IntegerField(
        min_value=1,
        max_value=_BIGGEST_ID,
        error_messages={"required": "Choose a pickup time.", "invalid": "Choose a pickup time."},
    )
    expected_total = forms.DecimalField(max_digits=10, decimal_places=2, required=False)
    expected_due = forms.DecimalField(max_digits=10, decimal_places=2, required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    note = forms.CharField(max_length=MAX_NOTE, required=False, widget=forms.Textarea)
    key = forms.UUIDField(initial=uuid4)
