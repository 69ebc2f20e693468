"""What the checkout's page shows of delivery, of the feast, and of a place that is held."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from apps.accounts import selectors as accounts
from apps.orders import selectors
from apps.orders.pages.cookie import customer_of
from apps.orders.pages.forms import CheckoutForm
from apps.orders.pages.terms import terms_of
from apps.orders.selectors import DeliveryQuote
from apps.orders.states import Fulfilment
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError

COUNTRIES = {"CA": "Canada", "US": "United States", "GB": "United Kingdom"}


def quoted(form: CheckoutForm, *, user_id: int | None) -> tuple[str, DeliveryQuote | None]:
    """Return the postcode that is delivered to and its terms; nothing for a pickup.

    Nothing either while the address is wrong: placing the order says how.
    """
    data = getattr(form, "cleaned_data", {})
    try:
        terms = terms_of(data, user_id=user_id)
        if terms.fulfilment == Fulfilment.DELIVERY and terms.address is not None:
            address = terms.address
            return f"{address.country} {address.postcode}", selectors.quote_delivery(address)
    except DomainError:
        pass
    return "", None


def is_seen(form: CheckoutForm, *, user_id: int | None) -> bool:
    """Tell whether the sums that the customer saw have the fee of what is sent now.

    False once after another way or postcode was chosen: then the page shows the sums again.
    """
    place, quote = quoted(form, user_id=user_id)
    if form.cleaned_data.get("fulfilment") == Fulfilment.DELIVERY and quote is None:
        return True
    return place == str(form.cleaned_data.get("seen_for", ""))


def delivery_context(request: HttpRequest, form: CheckoutForm) -> dict[str, Any]:
    """Return what the page needs beside the form's own values."""
    user_id = customer_of(request)
    place, quote = quoted(form, user_id=user_id) if form.is_bound else ("", None)
    delivers = selectors.delivers()
    saved = accounts.addresses_of(user_id) if delivers and user_id is not None else []
    chosen = str(form["address_id"].value() or "")
    if not chosen and not form.is_bound and saved and saved[0].is_default:
        chosen = str(saved[0].pk)
    return {
        "delivers": delivers,
        "name_label": "Your name" if delivers else "Name for the pickup",
        "is_delivery": form["fulfilment"].value() == Fulfilment.DELIVERY,
        "saved": [(str(row.pk), _label(row)) for row in saved],
        "saved_chosen": chosen,
        "countries": COUNTRIES.items(),
        "country_chosen": form["country"].value() or settings.SHOP_COUNTRY,
        "seen_for": place,
        "fee_text": _fee_text(quote),
        "ask_event": form.ask_event or bool(form["event_confirmed"].value()),
        "offer": _offer(request, form, user_id),
    }


def _label(row: Any) -> str:
    text = f"{row.recipient}, {row.line1}, {row.city} {row.postcode}"
    return f"{row.label}: {text}" if row.label else text


def _fee_text(quote: DeliveryQuote | None) -> str:
    if quote is None:
        return ""
    fee = money.display(quote.fee, settings.SHOP_CURRENCY) if quote.fee else "nothing"
    text = f"Delivery to {quote.zone} costs {fee}"
    if quote.fee and quote.free_from is not None:
        text += f", and nothing from {money.display(quote.free_from, settings.SHOP_CURRENCY)} on"
    return f"{text}. The sums have it in them."


def _offer(
    request: HttpRequest, form: CheckoutForm, user_id: int | None
) -> dict[str, str | int] | None:
    """Return the place that is held for who came by a mail of the waiting list."""
    text = str(form["offer"].value() or request.GET.get("offer", ""))
    try:
        key = UUID(text)
    except ValueError:
        return None
    entry = selectors.standing_offer(key, user_id=user_id, at=clock.now())
    if entry is None or entry.slot_offered is None or entry.offer_until is None:
        return None
    until = entry.offer_until.astimezone(clock.shop_zone())
    return {
        "key": str(entry.public_id),
        "slot_id": str(entry.slot_offered),
        "pickup": selectors.pickup_of(entry.slot_offered),
        "until": f"{until:%A} {until.day} {until:%B, %H:%M}",
    }
