"""What mails about an offer say: the real ones, and the draft that staff see as they type.

Both come out of `_context` with the same templates, so that the draft is what will be sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from apps.accounts import selectors as accounts
from apps.catalog.models import Product
from apps.catalog.selectors import SellableVariant
from apps.catalog.states import Packaging, ProductKind, TaxClass
from apps.custom_cakes.models import CakeRequest, CakeRevision, Quote, RequestMessage
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.rules.link import request_path
from apps.custom_cakes.rules.offers import OfferTerms, title_of
from apps.custom_cakes.selectors.appraisal import wish_of
from apps.custom_cakes.selectors.facts import diff_of
from apps.inventory import selectors as calendar
from apps.orders import selectors as orders
from apps.orders.selectors.deposits import deposit_for
from apps.orders.selectors.sales import Good, quote_sale
from apps.orders.states import Fulfilment
from bakery.kernel import clock, wording


@dataclass(frozen=True)
class Letter:
    """Whom to write to, "" for nobody, in which language, and what the template needs."""

    to: str
    language: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Sums:
    """What a price comes to: with tax, and what of it is asked for first."""

    total: Decimal
    deposit: Decimal
    rest: Decimal
    rest_until: datetime | None


def offer_letter(quote_id: int, *, at: datetime) -> Letter:
    """Return the mail about an offer as it was made."""
    quote = Quote.objects.select_related("request", "revision__wish", "order").get(pk=quote_id)
    request = quote.request
    language = language_of(request)
    terms = OfferTerms(
        price=quote.price,
        servings_least=quote.servings_least,
        servings_most=quote.servings_most,
        slot_id=quote.slot_id,
        expires_at=quote.expires_at,
        words=quote.words,
    )
    changes = quote.changes if language == wording.DEFAULT else _translated(quote, language)
    context = _context(request, quote.revision, terms, changes, language=language)
    context |= {"is_renewal": quote.kind == "renewal"}
    if quote.order_id is None:
        context |= _money_texts(_sums(quote.total), language)
        context["pay_until"] = wording.moment_text(quote.expires_at, clock.shop_zone(), language)
        return Letter(request.customer_email, language, context)
    own = orders.mail_of(quote.order_id, at=at).context
    names = ("total", "due_now", "deposit", "rest", "rest_until", "pay_until", "pay_path")
    context |= {name: own[name] for name in names}
    return Letter(request.customer_email, language, context)


def draft_letter(
    request: CakeRequest,
    revision: CakeRevision,
    terms: OfferTerms,
    *,
    ends_at: datetime,
    at: datetime,
    labels: Mapping[str, Sequence[Sequence[str]]] | None = None,
    changes: Sequence[str] = (),
) -> Letter:
    """Return the mail about an offer that is not made yet; its links lead nowhere."""
    language = language_of(request)
    context = _context(request, revision, terms, changes, language=language, labels=labels)
    pickup = calendar.slot(terms.slot_id) if terms.slot_id else None
    starts_at = pickup.starts_at if pickup else at + timedelta(days=30)
    sums = sums_of(terms.price, pickup_at=starts_at, at=at)
    context |= _money_texts(sums, language)
    context |= {
        "is_renewal": False,
        "pay_until": wording.moment_text(ends_at, clock.shop_zone(), language),
        "pay_path": "/pay/.../",
        "path": "/custom-cakes/r/.../",
    }
    return Letter(request.customer_email, language, context)


def differences_between(asked: CakeRevision, other: CakeRevision, language: str) -> list[str]:
    """Return in words what is offered instead of what was asked for."""
    found = diff_of(parse_design(asked.design), parse_design(other.design), language=language)
    if asked.wanted_on != other.wanted_on and other.wanted_on is not None:
        day = wording.day_text(other.wanted_on, language)
        found.append(f"Prêt le {day}" if language == wording.FRENCH else f"Ready on {day}")
    return found


def message_letter(message_id: int) -> Letter:
    """Return the mail with a question of the shop, or its reason to refuse."""
    message = RequestMessage.objects.select_related("request").get(pk=message_id)
    return request_letter(message.request, text=message.text)


def request_letter(request: CakeRequest, *, text: str = "") -> Letter:
    """Return a mail about a request as such, with ``text`` of the shop in it."""
    return Letter(request.customer_email, language_of(request), {**_person(request), "text": text})


def sums_of(price: Decimal, *, pickup_at: datetime, at: datetime) -> Sums:
    """Return what a custom cake at ``price`` comes to; without the fee of a delivery."""
    goods = [Good.of_variant(_sellable(price), 1, agreed=True)]
    quote = quote_sale(goods, at=at)
    asked = deposit_for(quote, goods, pickup_at=pickup_at, at=at)
    total = quote.totals.total
    if asked is None:
        return _sums(total)
    return Sums(total, asked.amount, total - asked.amount, asked.balance_due_at)


def language_of(request: CakeRequest) -> str:
    """Return in which language a customer is written to: as they chose, or as their account."""
    if request.language or request.user_id is None:
        return wording.language_of(request.language)
    user = accounts.user(request.user_id)
    return wording.language_of(user.language if user is not None else "")


def _translated(quote: Quote, language: str) -> list[str]:
    asked = quote.revision.previous
    if not quote.changes or asked is None:
        return []
    return differences_between(asked, quote.revision, language)


def _context(
    request: CakeRequest,
    revision: CakeRevision,
    terms: OfferTerms,
    changes: Sequence[str],
    *,
    language: str,
    labels: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> dict[str, Any]:
    facts = labels or revision.facts
    rows = facts.get("labels_fr" if language == wording.FRENCH else "labels", ())
    # Of a cake that is only thought of, what was written with the one that was asked for.
    wish = wish_of(revision if revision.pk or revision.previous is None else revision.previous)
    least, most = terms.servings_least, terms.servings_most
    return {
        **_person(request),
        "title": title_of(parse_design(revision.design)),
        "rows": [{"label": str(label), "text": str(text)} for label, text in rows],
        "inscription": wish.inscription,
        "colours": wish.colours,
        "serves": _serves(least, most, language),
        "guests": revision.guests,
        "words": terms.words.strip(),
        "changes": list(changes),
        "pickup": _pickup_text(terms.slot_id, language),
        "place": _place(revision, wish.address),
        "is_delivery": revision.fulfilment == Fulfilment.DELIVERY,
    }


def _serves(least: int, most: int, language: str) -> str:
    word = "à" if language == wording.FRENCH else "to"
    return str(least) if least == most else f"{least} {word} {most}"


def _person(request: CakeRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "customer_name": request.customer_name,
        "path": request_path(request.public_id),
    }


def _pickup_text(slot_id: int, language: str) -> str:
    slot = calendar.slot(slot_id) if slot_id else None
    if slot is None:
        return ""
    return wording.span_text(slot.starts_at, slot.ends_at, clock.shop_zone(), language)


def _place(revision: CakeRevision, address: Any) -> str:
    if revision.fulfilment != Fulfilment.DELIVERY or not address:
        return ", ".join(settings.SHOP_ADDRESS)
    parts = (address.get(name) for name in ("line1", "line2", "city", "postcode"))
    return ", ".join(str(part) for part in parts if part)


def _money_texts(sums: Sums, language: str) -> dict[str, str]:
    zone, currency = clock.shop_zone(), settings.SHOP_CURRENCY
    due = sums.deposit or sums.total
    return {
        "total": wording.amount_text(sums.total, currency, language),
        "due_now": wording.amount_text(due, currency, language),
        "deposit": wording.amount_text(sums.deposit, currency, language) if sums.deposit else "",
        "rest": wording.amount_text(sums.rest, currency, language) if sums.deposit else "",
        "rest_until": wording.moment_text(sums.rest_until, zone, language)
        if sums.rest_until
        else "",
    }


def _sums(total: Decimal) -> Sums:
    return Sums(total, Decimal(0), Decimal(0), None)


def _sellable(price: Decimal) -> SellableVariant:
    """Return what `orders` prices, as the private size of an offer will be."""
    known = Product.objects.filter(kind=ProductKind.CUSTOM_TEMPLATE).order_by("pk")
    product = known.values_list("pk", "category_id", "tax_class").first()
    product_id, category_id, tax_class = product or (0, 0, TaxClass.WHOLE_CAKE)
    return SellableVariant(
        id=0,
        sku="",
        product_id=product_id,
        product_name="",
        name="",
        price=price,
        tax_class=tax_class,
        is_cake=True,
        made_to_order=True,
        lead_time=timedelta(),
        per_order_limit=None,
        message_max_length=0,
        allergens=None,
        pieces=1,
        weight_g=None,
        packaging=Packaging.LOOSE,
        lead_days=0,
        cutoff_at=None,
        oven_minutes=0,
        decorator_minutes=0,
        category_id=category_id,
    )
