"""All that a document shows, as it is frozen when the document is issued.

Numbers are text. Schema 1; whoever draws a document must know every schema there ever was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from apps.receipts.rules.rows import Row, TaxCodes, rows_of, turned
from apps.receipts.rules.sale import ZERO, Sale, Sums, Told, new_credits, was_never_paid_for
from apps.receipts.rules.tiers import Shown, missing_fields, number_of
from apps.receipts.states import DocumentKind

SCHEMA = 1
# Reasons of credits that customers are told, and the words for them; others are the shop's own.
_TOLD_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "something was wrong with the goods": "goods",
        "goodwill": "goodwill",
        "the order was cancelled": "order_cancelled",
        "order cancelled": "order_cancelled",
    }
)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Who sells. ``numbers`` are the registrations by levy; ``policies`` are by language."""

    name: str
    address: tuple[str, ...]
    phone: str
    email: str
    country: str
    region: str
    numbers: Mapping[str, str]
    policies: Mapping[str, str]

    @property
    def is_known(self) -> bool:
        """Whether the name under which it trades is known."""
        return bool(self.name.strip())


@dataclass(frozen=True, kw_only=True)
class Head:
    """What tells a document from others; ``corrects`` is the receipt before, as number and day."""

    kind: DocumentKind
    number: str
    issued_on: date
    corrects: tuple[str, date] | None


def build_content(*, head: Head, shop: Shop, sale: Sale, told: Told, gap: Sums) -> dict[str, Any]:
    """Return the content of a document that tells ``gap``, in the direction of its kind.

    ``gap`` is what `missing_of` says of the sale; a credit note shows it as what goes back.
    """
    is_credit = head.kind == DocumentKind.CREDIT_NOTE
    sums = Sums().plus(gap, times=-1) if is_credit else gap
    rows, codes = _rows(sale, told, is_credit=is_credit), TaxCodes(shop.country)
    content = {
        "schema": SCHEMA,
        "kind": head.kind,
        "number": head.number,
        "issued_on": head.issued_on.isoformat(),
        "language": sale.language,
        "country": shop.country,
        "currency": sale.currency,
        "prices_include_tax": sale.prices_include_tax,
        "seller": _seller(shop),
        "buyer": _buyer(sale),
        "order": _order(sale),
        "corrects": _corrects(head),
        "reasons": _reasons(sale, told, is_credit=is_credit),
        "rows": [row.as_json(codes.code_of(row)) for row in rows],
        "codes": codes.as_json(),
        "sums": _sums(sale, told, sums),
        "taxes": [
            {**tax, "number": number_of(tax["name"], shop.numbers)} for tax in sums.taxes_json()
        ],
        "total": str(sums.total),
        "payments": [] if is_credit else _payments(sale, told),
        "paid_on": None if is_credit or sale.paid_on is None else _paid_on(sale).isoformat(),
        "refund_policy": shop.policies.get(sale.language) or shop.policies.get("en", ""),
        "told": _remembered(sale, told),
    }
    content["missing"] = _missing(shop, sale, head, sums)
    return content


def _rows(sale: Sale, told: Told, *, is_credit: bool) -> list[Row]:
    if sale.is_over and was_never_paid_for(sale):
        # What was ordered on top and never paid is in no document.
        kept = Told(
            count=told.count,
            sums=told.sums,
            lines=sale.lines,
            credit_ids=told.credit_ids,
            payment_ids=told.payment_ids,
            gift_cards=told.gift_cards,
        )
        rows = rows_of(sale, kept)
    else:
        rows = rows_of(sale, told)
    return turned(rows) if is_credit else rows


def _seller(shop: Shop) -> dict[str, Any]:
    return {
        "name": shop.name,
        "address": list(shop.address),
        "phone": shop.phone,
        "email": shop.email,
        "registrations": [
            {"name": name, "number": number} for name, number in shop.numbers.items() if number
        ],
    }


def _buyer(sale: Sale) -> dict[str, Any]:
    return {"name": sale.buyer.name, "address": list(sale.buyer.address)}


def _order(sale: Sale) -> dict[str, Any]:
    return {
        "number": sale.number,
        "placed_on": sale.placed_on.isoformat(),
        "pickup_on": sale.pickup_on.isoformat(),
        "is_delivered": sale.is_delivered,
    }


def _corrects(head: Head) -> dict[str, str] | None:
    if head.corrects is None:
        return None
    number, day = head.corrects
    return {"number": number, "issued_on": day.isoformat()}


def _reasons(sale: Sale, told: Told, *, is_credit: bool) -> list[str]:
    if not is_credit:
        return []
    reasons = [credit.reason for credit in new_credits(sale, told)]
    found = [_TOLD_REASONS[reason] for reason in reasons if reason in _TOLD_REASONS]
    return list(dict.fromkeys(found)) if reasons else ["order_edited"]


def _sums(sale: Sale, told: Told, sums: Sums) -> list[dict[str, str]]:
    """Return what leads to the total; the taxes and the total come after these rows."""
    rows: list[tuple[str, str, Decimal]] = []
    if told.count == 0 and (sale.reductions or sale.is_delivered):
        goods = sum((line.amount for line in sale.lines if line.position), ZERO)
        rows.append(("goods", "", goods))
        rows += [
            (str(row["kind"]), _label(row), -Decimal(row["amount"])) for row in sale.reductions
        ]
        fee = sum((line.net for line in sale.lines if not line.position), ZERO)
        if sale.is_delivered:
            rows.append(("delivery", "", fee))
    if not sale.prices_include_tax:
        rows.append(("subtotal", "", sums.subtotal))
    return [{"kind": kind, "label": text, "amount": str(amount)} for kind, text, amount in rows]


def _label(row: Mapping[str, Any]) -> str:
    label, code = str(row["label"]), str(row.get("code") or "")
    return f"{label} ({code})" if code and code.casefold() not in label.casefold() else label


def _payments(sale: Sale, told: Told) -> list[dict[str, Any]]:
    """Return what paid for it, in the order in which it came; a deposit is told as one."""
    rows = [
        _paid(payment.way, payment.amount, payment.on, _part(sale, told, payment.id))
        for payment in sale.payments
        if payment.id not in told.payment_ids
    ]
    if cards := sale.gift_cards - told.gift_cards:
        rows.insert(0, _paid("gift_card", cards))
    if told.count == 0 and sale.given_back and not sale.is_over:
        rows.append(_paid("given_back", -sale.given_back))
    return rows


def _paid(way: str, amount: Decimal, on: date | None = None, part: str = "") -> dict[str, Any]:
    return {"way": way, "on": on and on.isoformat(), "amount": str(amount), "part": part}


def _part(sale: Sale, told: Told, payment_id: int) -> str:
    """Return whether a payment was the deposit or the rest, when there were both."""
    first = sale.payments[0]
    if told.count or len(sale.payments) < 2 or not first.amount == sale.deposit > 0:
        return ""
    return "deposit" if payment_id == first.id else "balance"


def _paid_on(sale: Sale) -> date:
    days = [payment.on for payment in sale.payments]
    return max([*days, *([sale.paid_on] if sale.paid_on else [])])


def _remembered(sale: Sale, told: Told) -> dict[str, Any]:
    """Return what the next document of the order must know of this one."""
    never_paid = sale.is_over and was_never_paid_for(sale)
    lines = told.lines if never_paid else sale.lines
    return {
        "lines": [line.as_json() for line in lines],
        "credits": [credit.id for credit in sale.credits],
        "payments": [payment.id for payment in sale.payments],
        "gift_cards": str(sale.gift_cards),
    }


def _missing(shop: Shop, sale: Sale, head: Head, sums: Sums) -> list[str]:
    shown = Shown(
        country=shop.country,
        region=shop.region,
        on=head.issued_on,
        total=sums.total,
        levies=list(dict.fromkeys(name for (name, _), tax in sums.levies.items() if tax)),
        has_seller=shop.is_known,
        has_buyer=bool(sale.buyer.name),
        numbers=shop.numbers,
    )
    return missing_fields(shown)
