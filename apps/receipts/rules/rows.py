"""The rows of a document: a whole sale, or only what changed of it since the last document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.receipts.rules.sale import ZERO, Credit, Levies, Levy, Line, Sale, Told, new_credits

ZERO_RATED, NOT_TAXED, TAXED = "Z", "N", "T"
# Where goods that bear no tax are zero-rated; elsewhere they are exempt, or simply not taxed.
ZERO_RATED_COUNTRIES = frozenset({"CA", "GB"})


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a document; ``quantity`` is None where no pieces are counted.

    ``kind``: line, delivery or credit. ``text`` of the last two is for whoever shows it to say.
    """

    kind: str
    text: str = ""
    quantity: int | None = None
    unit_price: Decimal | None = None
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    net: Decimal = ZERO
    levies: tuple[Levy, ...] = ()

    def as_json(self, code: str) -> dict[str, Any]:
        """Return it as a document keeps it, with the code of its tax."""
        return {
            "kind": self.kind,
            "text": self.text,
            "quantity": self.quantity,
            "unit_price": None if self.unit_price is None else str(self.unit_price),
            "discount": f"{self.discount:.2f}",
            "tax": f"{self.tax:.2f}",
            "net": f"{self.net:.2f}",
            "code": code,
        }


@dataclass
class TaxCodes:
    """Gives each set of levies a short code, the same on all rows of a document."""

    country: str
    found: dict[tuple[Levy, ...], str] = field(default_factory=dict)

    def code_of(self, row: Row) -> str:
        """Return T, T2 and so on for what is taxed, Z or N for what is not.

        Nothing for an amount that was credited: it is of the whole sale, whatever its taxes are.
        """
        if row.kind == "credit":
            return ""
        if row.levies not in self.found:
            self.found[row.levies] = self._new(row.levies)
        return self.found[row.levies]

    def _new(self, levies: tuple[Levy, ...]) -> str:
        if not levies:
            free = self.country.upper() in ZERO_RATED_COUNTRIES
            return ZERO_RATED if free else NOT_TAXED
        taxed = sum(1 for known in self.found if known)
        return f"{TAXED}{taxed + 1}" if taxed else TAXED

    def as_json(self) -> list[dict[str, Any]]:
        """Return the legend: each code with its levies."""
        return [
            {"code": code, "levies": [{"name": name, "rate": str(rate)} for name, rate in levies]}
            for levies, code in self.found.items()
        ]


def rows_of(sale: Sale, told: Told) -> list[Row]:
    """Return the rows of the first document of a sale, or of what was not told of it yet."""
    rows = changed_rows(told.lines, sale.lines)
    for credit in new_credits(sale, told):
        rows += _credit_rows(sale, credit)
    return rows


def changed_rows(before: Iterable[Line], after: Iterable[Line]) -> list[Row]:
    """Return what is in ``after`` and was not in ``before``; what is gone is below zero."""
    old = {line.position: line for line in before}
    rows = []
    # Delivery, position 0, comes after the goods.
    for line in sorted(after, key=lambda line: (line.position == 0, line.position)):
        was = old.pop(line.position, None)
        if was is None or was.text == line.text:
            rows.append(_row(line, was))
        else:
            rows += [_gone(was), _row(line, None)]
    rows += [_gone(line) for line in old.values()]
    return [row for row in rows if row.net or row.tax or row.discount or row.quantity]


def _row(line: Line, was: Line | None) -> Row:
    """Return a line, or the difference to what it was."""
    quantity = line.quantity - (was.quantity if was else 0)
    counts = line.position > 0 and quantity != 0
    return Row(
        kind="line" if line.position else "delivery",
        text=line.text,
        quantity=quantity if counts else None,
        unit_price=line.unit_price if counts else None,
        discount=line.discount - (was.discount if was else ZERO),
        tax=line.tax - (was.tax if was else ZERO),
        net=line.net - (was.net if was else ZERO),
        levies=_kinds(line.levies),
    )


def _gone(line: Line) -> Row:
    counts = line.position > 0
    return Row(
        kind="line" if counts else "delivery",
        text=line.text,
        quantity=-line.quantity if counts else None,
        unit_price=line.unit_price if counts else None,
        discount=-line.discount,
        tax=-line.tax,
        net=-line.net,
        levies=_kinds(line.levies),
    )


def _credit_rows(sale: Sale, credit: Credit) -> list[Row]:
    lines = {line.position: line for line in sale.lines}
    rows = []
    rest, rest_tax = credit.sums.total, credit.sums.tax
    for piece in credit.pieces:
        amount, tax = Decimal(piece["amount"]), Decimal(piece["tax"])
        line = lines.get(piece["position"])
        rest, rest_tax = rest - amount, rest_tax - tax
        rows.append(
            Row(
                kind="line" if line else "credit",
                text=line.text if line else "",
                quantity=-int(piece["quantity"]),
                tax=-tax,
                net=-_written(amount, tax, sale),
                levies=_kinds(line.levies) if line else (),
            )
        )
    if rest or rest_tax:
        net = -_written(rest, rest_tax, sale)
        rows.append(Row(kind="credit", tax=-rest_tax, net=net))
    return rows


def _written(amount: Decimal, tax: Decimal, sale: Sale) -> Decimal:
    """Return an amount with its tax in it as the shop writes prices."""
    return amount if sale.prices_include_tax else amount - tax


def _kinds(levies: Mapping[Levy, Decimal] | Levies) -> tuple[Levy, ...]:
    return tuple(sorted(key for key in levies))


def turned(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a credit note, where what goes back is above zero."""
    return [
        Row(
            kind=row.kind,
            text=row.text,
            quantity=None if row.quantity is None else -row.quantity,
            unit_price=row.unit_price,
            discount=-row.discount,
            tax=-row.tax,
            net=-row.net,
            levies=row.levies,
        )
        for row in rows
    ]
