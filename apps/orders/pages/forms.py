"""What customers type on pages. Services check it again; here it gets words beside the field."""

from uuid import uuid4

from django import forms

from apps.orders.rules.checks import MAX_MESSAGE, MAX_NOTE, MAX_QUANTITY

_BIGGEST_ID = 2**63 - 1


class LineForm(forms.Form):
    """A number and a message."""

    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    message = forms.CharField(max_length=MAX_MESSAGE, required=False, strip=False)


class AddForm(LineForm):
    """Something for the cart."""

    variant_id = forms.IntegerField(min_value=1, max_value=_BIGGEST_ID)


class CheckoutForm(forms.Form):
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
    note = forms.CharField(max_length=MAX_NOTE, required=False, widget=forms.Textarea)
    key = forms.UUIDField(initial=uuid4)
