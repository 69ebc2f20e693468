"""A cake of the past as models learn from it: what it was, and what people decided."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.pricing.rules.spec import CakeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCake:
    """One decision; ``formula_price`` is what the formula said then. Money before tax.

    ``exact_formula`` is the same before it was rounded up, None where it was not written down.
    ``servings`` is the middle of what people wrote down, ``servings_formula`` what the chart said;
    both None where nobody decided on servings.
    """

    subject: str
    at: datetime
    spec: CakeSpec
    formula_price: Decimal
    price: Decimal
    servings_formula: int | None = None
    servings: Decimal | None = None
    exact_formula: Decimal | None = None

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
            repr(row.spec),
            str(row.base),
            str(row.price),
            row.servings_formula,
            None if row.servings is None else str(row.servings),
        ]
        seen.update(json.dumps(content, separators=(",", ":")).encode() + b"\n")
    return seen.hexdigest()
