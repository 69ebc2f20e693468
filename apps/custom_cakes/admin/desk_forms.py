"""What staff type on the desk, read for the services: nothing is lost, whatever is wrong."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from apps.custom_cakes.rules.offers import MAX_PRICE, OfferTerms
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

_MAX_KEY = 2**63 - 1
_MOMENT = "%Y-%m-%dT%H:%M"


class DeskForm(forms.Form):
    """The one form of the desk. Texts are the customer's or the shop's, by their label."""

    price = forms.DecimalField(max_digits=8, decimal_places=2, max_value=MAX_PRICE, required=False)
    servings_least = forms.IntegerField(min_value=1, max_value=5000, required=False)
    servings_most = forms.IntegerField(min_value=1, max_value=5000, required=False)
    slot_id = forms.IntegerField(min_value=1, max_value=_MAX_KEY, required=False)
    expires_at = forms.DateTimeField(input_formats=[_MOMENT, "%Y-%m-%d %H:%M"], required=False)
    words = forms.CharField(max_length=2000, required=False, strip=True)
    reason = forms.CharField(max_length=500, required=False, strip=True)
    text = forms.CharField(max_length=2000, required=False, strip=True)
    internal_note = forms.CharField(max_length=2000, required=False, strip=True)
    idea = forms.CharField(max_length=40, required=False)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)

    def clean_expires_at(self) -> datetime | None:
        """Read it as a time on the shop's wall."""
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment is None:
            return None
        try:
            return clock.resolve_local(moment.replace(tzinfo=None))
        except Invalid as error:
            raise forms.ValidationError(error.message) from error

    def terms(self) -> OfferTerms:
        """Return what was decided; raise `Invalid` with ``details.field`` for what is missing."""
        data = self.cleaned_data
        for name, label in (
            ("price", "a price"),
            ("servings_least", "how many it serves"),
            ("servings_most", "how many it serves"),
            ("slot_id", "a pickup time"),
        ):
            if data.get(name) is None:
                raise Invalid("missing", f"Choose {label}.", details={"field": name})
        return OfferTerms(
            price=Decimal(data["price"]),
            servings_least=data["servings_least"],
            servings_most=data["servings_most"],
            slot_id=data["slot_id"],
            expires_at=data["expires_at"],
            words=data["words"],
            reason=data["reason"],
        )

    def first_problem(self) -> Invalid:
        """Return the first thing that could not be read."""
        name, problems = next(iter(self.errors.items()))
        label = name.replace("_", " ")
        return Invalid("unreadable", f"{label}: {problems[0]}", details={"field": name})


def typed_from(terms: OfferTerms | None) -> dict[str, Any]:
    """Return the form's fields as they are first shown."""
    if terms is None:
        return {}
    return {
        "price": str(terms.price),
        "servings_least": str(terms.servings_least),
        "servings_most": str(terms.servings_most),
        "slot_id": str(terms.slot_id or ""),
        "expires_at": local_text(terms.expires_at),
        "words": terms.words,
        "reason": terms.reason,
    }


def local_text(moment: datetime | None) -> str:
    """Return a moment as a field of the browser takes it, by the shop's clock."""
    return f"{moment.astimezone(clock.shop_zone()):{_MOMENT}}" if moment else ""
