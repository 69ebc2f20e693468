"""Figures of the desk as people read them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.custom_cakes.rules.deskwork import WIDTH, Scale, scale_of
from apps.custom_cakes.selectors.desk import Desk
from apps.custom_cakes.selectors.whatif import WhatIf
from apps.pricing.states import EstimateOrigin
from bakery.kernel import clock, money, wording


def price_words(desk: Desk, price: Decimal, idea: WhatIf | None = None) -> dict[str, Any]:
    """Return what ``price`` leaves, and where it stands; of an ``idea`` by that cake's costs."""
    if desk.appraisal is None:
        return {}
    estimate = idea.estimate if idea else desk.appraisal.price
    margin = estimate.margin_at(price)
    left = price - estimate.costs.total
    return {
        "margin": "-" if margin is None else f"{margin * 100:.0f} %",
        "left": money.display(left, estimate.currency),
        "is_below_floor": price < estimate.floor_price,
        "is_outside": not estimate.low <= price <= estimate.high,
        "place": _scale(desk).place(price),
    }


def drawn(desk: Desk, price: Decimal) -> dict[str, Any]:
    """Return range, prediction, formula, floor and ``price`` as places on a line."""
    if desk.appraisal is None:
        return {}
    estimate, scale = desk.appraisal.price, _scale(desk)
    low, high = scale.place(estimate.low), scale.place(estimate.high)
    return {
        "width": WIDTH,
        "low": low,
        "span": max(high - low, 1),
        "predicted": scale.place(estimate.price),
        "formula": scale.place(estimate.formula_price),
        "floor": scale.place(estimate.floor_price),
        "price": scale.place(price),
        "start": str(scale.start.quantize(Decimal(1))),
        "end": str(scale.end.quantize(Decimal(1))),
    }


def in_words(desk: Desk, *, at: datetime) -> dict[str, Any]:
    """Return everything else of the desk in words."""
    zone = clock.shop_zone()
    names = {**desk.names, "customer": "the customer", "system": "by itself"}
    revision = desk.revision
    return {
        "title": f"Custom cake {desk.request.number}",
        "costs": _costs(desk),
        "reasons": _reasons(desk),
        "nearest": _nearest(desk),
        "wanted_on": wording.day_text(revision.wanted_on) if revision.wanted_on else "not said",
        "event_on": wording.day_text(revision.event_on) if revision.event_on else "",
        "budget": money.display(revision.budget, revision.currency)
        if revision.budget is not None
        else "",
        "history": [
            (wording.moment_text(row.at, zone), row.text, names.get(row.by, row.by))
            for row in desk.history
        ],
        "messages_said": [
            (wording.moment_text(row.at, zone), row.author, row.text) for row in desk.messages
        ],
        "pay_until": wording.moment_text(desk.offer.order.hold_expires_at, zone)
        if desk.offer and desk.offer.order
        else (wording.moment_text(desk.offer.expires_at, zone) if desk.offer else ""),
        "offer_price": money.display(desk.offer.total, desk.offer.currency) if desk.offer else "",
    }


def _scale(desk: Desk) -> Scale:
    estimate = desk.appraisal.price  # type: ignore[union-attr]  # asked before
    return scale_of(estimate.low, estimate.high, estimate.floor_price, estimate.costs.total)


def _costs(desk: Desk) -> list[tuple[str, str]]:
    if desk.appraisal is None:
        return []
    price, spec = desk.appraisal.price, desk.appraisal.facts.spec
    costs, currency = price.costs, price.currency
    labour = f"Labour, {spec.labour_hours:.1f} h"
    return [
        ("Ingredients", money.display(costs.ingredients, currency)),
        (labour, money.display(costs.labour, currency)),
        ("Overhead", money.display(costs.overhead, currency)),
        ("All of it", money.display(costs.total, currency)),
    ]


def _reasons(desk: Desk) -> dict[str, Any]:
    if desk.appraisal is None:
        return {}
    price = desk.appraisal.price
    currency = price.currency
    is_model = price.origin == EstimateOrigin.MODEL

    def rows(reasons: Any) -> list[tuple[str, str]]:
        return [
            (row.text, f"{'+' if row.amount > 0 else ''}{money.display(row.amount, currency)}")
            for row in reasons
        ]

    return {
        "price": money.display(price.price, currency),
        "low": money.display(price.low, currency),
        "high": money.display(price.high, currency),
        "coverage": f"{price.coverage * 100:.0f} %",
        "formula": money.display(price.formula_price, currency),
        "floor": money.display(price.floor_price, currency),
        "suggested_margin": f"{price.suggested_margin * 100:.0f} %",
        "is_model": is_model,
        "origin": f"Model {price.version}" if is_model else "The formula alone",
        "rows": rows(price.reasons),
        "formula_rows": rows(price.formula_reasons) if is_model else [],
        "notes": [*price.notes, *desk.appraisal.facts.notes],
    }


def _nearest(desk: Desk) -> list[dict[str, Any]]:
    if desk.appraisal is None:
        return []
    currency = desk.appraisal.price.currency
    return [
        {
            "subject": row.subject,
            "title": row.title,
            "price": money.display(row.price, currency),
            "on": wording.day_text(row.decided_on),
            "differences": row.differences,
        }
        for row in desk.appraisal.price.nearest
        # An offer that was made for this very request says nothing about others.
        if row.subject != desk.request.number
    ]
