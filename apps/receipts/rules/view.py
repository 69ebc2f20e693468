"""A document's frozen content in the words of its language, ready to be drawn.

Knows every schema of contents there ever was; so far there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.receipts.rules.rows import NOT_TAXED
from apps.receipts.rules.tiers import BUYER, SELLER
from apps.receipts.rules.words import Words


@dataclass(frozen=True, kw_only=True)
class RowView:
    """A row of the goods; empty where nothing is to be said."""

    text: str
    quantity: str
    unit_price: str
    discount: str
    tax: str
    code: str
    net: str


@dataclass(frozen=True, kw_only=True)
class DocumentView:
    """What is shown: ``words`` are labels by name, ``sums`` and ``payments`` label and amount."""

    language: str
    words: Mapping[str, str]
    kind: str
    title: str
    number: str
    issued_on: str
    seller: Mapping[str, Any]
    registrations: list[str]
    buyer: Mapping[str, Any]
    facts: list[tuple[str, str]]
    relation: str
    reason: str
    rows: list[RowView]
    has_discounts: bool
    legend: str
    sums: list[tuple[str, str]]
    total_label: str
    total: str
    included: list[tuple[str, str]]
    payments: list[tuple[str, str, str]]
    settled: str
    refund_policy: str


def view_of(content: Mapping[str, Any]) -> DocumentView:
    """Return what a document of ``content`` shows."""
    words = Words(content["language"], content["country"])
    table, money = words.table, _money(words, content["currency"])
    is_credit = content["kind"] == "credit_note"
    rows = [_row(row, words) for row in content["rows"]]
    taxes = [(_tax_label(tax, words), money(tax["amount"])) for tax in content["taxes"]]
    sums = [(_sum_label(row, words), money(row["amount"])) for row in content["sums"]]
    has_tax_in_it = content["prices_include_tax"]
    if not has_tax_in_it:
        sums += taxes or [(table["no_tax"], table["none"])]
    return DocumentView(
        language=content["language"],
        words=table,
        kind=content["kind"],
        title=table[content["kind"]],
        number=content["number"],
        issued_on=_day(content["issued_on"], words),
        seller=content["seller"],
        registrations=_registrations(content, words),
        buyer=content["buyer"],
        facts=_facts(content, words),
        relation=_relation(content, words),
        reason=", ".join(table[f"reason_{name}"] for name in content["reasons"]),
        rows=rows,
        has_discounts=any(row.discount for row in rows),
        legend=_legend(content, words),
        sums=sums,
        total_label=table["total_credit" if is_credit else "total"],
        total=money(content["total"]),
        included=[(words.say("included_tax", name=label), sum_) for label, sum_ in taxes]
        if has_tax_in_it
        else [],
        payments=[_payment(row, words, money) for row in content["payments"]],
        settled=_settled(content, words),
        refund_policy=content["refund_policy"],
    )


def _money(words: Words, currency: str) -> Any:
    return lambda text: words.money(Decimal(text), currency)


def _day(text: str, words: Words) -> str:
    return words.day(date.fromisoformat(text))


def _row(row: Mapping[str, Any], words: Words) -> RowView:
    names = {"delivery": "delivery", "credit": "credited"}
    text = row["text"] or words.table[names.get(row["kind"], "credited")]
    quantity, price = row["quantity"], row["unit_price"]
    discount = Decimal(row["discount"])
    return RowView(
        text=text,
        quantity="" if quantity is None else str(quantity),
        unit_price="" if price is None else words.figure(Decimal(price)),
        discount=words.figure(-discount) if discount else "",
        tax=words.figure(Decimal(row["tax"])) if Decimal(row["tax"]) else "",
        code=row["code"],
        net=words.figure(Decimal(row["net"])),
    )


def _rated(row: Mapping[str, Any], words: Words) -> str:
    return f"{words.levy(row['name'])} {words.rate(Decimal(row['rate']))}"


def _tax_label(row: Mapping[str, Any], words: Words) -> str:
    return _rated(row, words)


def _sum_label(row: Mapping[str, Any], words: Words) -> str:
    return str(row["label"]) or words.table[row["kind"]]


def _registrations(content: Mapping[str, Any], words: Words) -> list[str]:
    return [
        words.say("registration", levy=words.levy(row["name"]), number=row["number"])
        for row in content["seller"]["registrations"]
    ]


def _facts(content: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    order, table = content["order"], words.table
    day = "delivery_day" if order["is_delivered"] else "pickup"
    return [
        (table["number"], content["number"]),
        (table["date"], _day(content["issued_on"], words)),
        (table["order"], order["number"]),
        (table["ordered"], _day(order["placed_on"], words)),
        (table[day], _day(order["pickup_on"], words)),
    ]


def _relation(content: Mapping[str, Any], words: Words) -> str:
    before = content["corrects"]
    if before is None:
        return ""
    name = "corrects" if content["kind"] == "credit_note" else "adds"
    return words.say(name, number=before["number"], date=_day(before["issued_on"], words))


def _legend(content: Mapping[str, Any], words: Words) -> str:
    table = words.table
    parts = []
    for row in content["codes"]:
        free = table["not_taxed" if row["code"] == NOT_TAXED else "zero_rated"]
        levies = " + ".join(_rated(levy, words) for levy in row["levies"])
        parts.append(f"{row['code']} = {levies or free}")
    sentences = [f"{table['tax_codes']}: {'; '.join(parts)}."] if parts else []
    if content["prices_include_tax"]:
        sentences.append(table["prices_with_tax"])
    return " ".join(sentences)


def _payment(row: Mapping[str, Any], words: Words, money: Any) -> tuple[str, str, str]:
    label = words.table[row["way"]]
    if row["part"]:
        label = f"{label} ({words.table[row['part']]})"
    return label, _day(row["on"], words) if row["on"] else "", money(row["amount"])


def _settled(content: Mapping[str, Any], words: Words) -> str:
    if content["paid_on"] is None:
        return ""
    return words.say("paid_in_full", date=_day(content["paid_on"], words))


def missing_words(name: str) -> str:
    """Return in words what a document lacks, and where the shop can set it for the next."""
    if name == SELLER:
        return "The shop's name: set SHOP_LEGAL_NAME or SHOP_NAME."
    if name == BUYER:
        return "The buyer's name: ask for it on large sales."
    levy = name.partition(":")[2]
    return f"The registration number for {levy}: set SHOP_TAX_NUMBERS."
