"""Forms of the console for points, gift cards and invitations."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings

from apps.loyalty.rules.points import MAX_POINTS


def _wide() -> forms.TextInput:
    return forms.TextInput(attrs={"size": 60, "autocomplete": "off"})


def _ref() -> str:
    return uuid4().hex


class ReasonForm(forms.Form):
    """Why something is done; kept in the audit trail."""

    reason = forms.CharField(max_length=300, widget=_wide())


class AdjustForm(ReasonForm):
    """Points given or taken by hand."""

    points = forms.IntegerField(
        min_value=-MAX_POINTS,
        max_value=MAX_POINTS,
        help_text="Below 0 takes points away; those that end first go first.",
    )
    ref = forms.CharField(max_length=80, widget=forms.HiddenInput, initial=_ref)
    field_order = ["points", "reason"]


class GiveForm(AdjustForm):
    """The same for a customer who may have no points yet."""

    account = forms.EmailField(label="Customer's mailbox")
    field_order = ["account", "points", "reason"]


class IssueForm(forms.Form):
    """A new gift card, or store credit when it is for an account."""

    amount = forms.DecimalField(max_digits=9, decimal_places=2, min_value=0)
    recipient_email = forms.EmailField(
        required=False,
        label="Mail the code to",
        help_text="Leave empty to print it: the next page shows the code, once.",
    )
    greeting = forms.CharField(
        max_length=300, required=False, widget=_wide(), help_text="The first line of the mail."
    )
    account = forms.EmailField(
        required=False,
        label="Only for the account of",
        help_text="An account's mailbox makes it store credit, which nobody else can use.",
    )
    expires_on = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: it never ends. Many places forbid gift cards that end.",
    )
    note = forms.CharField(
        max_length=300, required=False, widget=_wide(), label="Reason", help_text="For colleagues."
    )
    ref = forms.CharField(max_length=80, widget=forms.HiddenInput, initial=_ref)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the currency and the most that may be issued."""
        super().__init__(*args, **kwargs)
        most = f"At most {settings.GIFT_CARD_MAX} {settings.SHOP_CURRENCY}."
        self.fields["amount"].help_text = most


class DecideForm(ReasonForm):
    """What staff decide about an invitation."""

    accept = forms.TypedChoiceField(
        label="Decision",
        choices=[("yes", "Let it count"), ("no", "Refuse it")],
        coerce=lambda choice: choice == "yes",
        widget=forms.RadioSelect,
    )
    field_order = ["accept", "reason"]
