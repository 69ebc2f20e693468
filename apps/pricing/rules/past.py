"""A cake of the past as models learn from it: what it was, and what people decided."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from apps.pricing.rules.spec import CakeSpec

PARTY = "party"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCake:
    """One decision; ``formula_price`` is what the formula said then. Money before tax.

    ``asked_at`` is when the price was predicted, None where that is the moment of the decision.
    ``exact_formula`` is the same before it was rounded up, None where it was not written down.
    ``servings`` is the middle of what people wrote down, ``servings_formula`` what the chart said;
    both None where nobody decided on servings. ``style`` and ``keep_top`` are how it was to be cut.
    """

    subject: str
    at: datetime
    spec: CakeSpec
    formula_price: Decimal
    price: Decimal
    servings_formula: int | None = None
    servings: Decimal | None = None
    exact_formula: Decimal | None = None
    asked_at: datetime | None = None
    style: str = PARTY
    keep_top: bool = False

    @property
    def asked(self) -> datetime:
        """Return the moment before which something had to be known to be seen in its price."""
        return self.at if self.asked_at is None else self.asked_at

    @property
    def eaten(self) -> CakeSpec:
        """Return the part of it that its servings are of."""
        return replace(self.spec, tiers=self.spec.tiers[:-1]) if self.keep_top else self.spec

    @property
    def base(self) -> Decimal:
        """Return the formula's price as exactly as it is known: what a correction starts from."""
        return self.formula_price if self.exact_formula is None else self.exact_formula


def in_order(rows: Iterable[PastCake]) -> list[PastCake]:
    """Return the rows by time, of each subject only its last decision.

    Earlier revisions of the same cake would stand on both sides of a hold-out.
    """
    last: dict[str, PastCake] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.subject)):
        last[row.subject] = row
    return sorted(last.values(), key=lambda row: (row.at, row.subject))


def data_sha256(rows: Sequence[PastCake]) -> str:
    """Return the SHA-256 of the rows in their order: what exactly a version learned from."""
    seen = hashlib.sha256()
    for row in rows:
        content = [
            row.subject,
            row.at.isoformat(),
            row.asked.isoformat(),
            repr(row.spec),
            str(row.base),
            str(row.price),
            row.servings_formula,
            None if row.servings is None else str(row.servings),
            row.style,
            row.keep_top,
        ]
        seen.update(json.dumps(content, separators=(",", ":")).encode() + b"\n")
    return seen.hexdigest()
