"""Past cakes as lines of JSON: what `simulate_cakes` writes and `train_pricing --data` reads."""

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation

from apps.pricing.rules.past import PastCake
from apps.pricing.rules.spec import spec_as_json, spec_from_json
from bakery.kernel.errors import Invalid


def line_of(cake: PastCake) -> str:
    """Return one line, without its end."""
    return json.dumps(
        {
            "subject": cake.subject,
            "at": cake.at.isoformat(),
            "spec": spec_as_json(cake.spec),
            "formula_price": str(cake.formula_price),
            "exact_formula": _text(cake.exact_formula),
            "price": str(cake.price),
            "servings_formula": cake.servings_formula,
            "servings": _text(cake.servings),
        },
        separators=(",", ":"),
    )


def cake_of(line: str, *, number: int = 1) -> PastCake:
    """Return what a line says. Raises `Invalid` ``bad_line`` with its ``number``."""
    try:
        row = json.loads(line)
        at = datetime.fromisoformat(row["at"])
        price, formula = Decimal(row["price"]), Decimal(row["formula_price"])
        cake = PastCake(
            subject=str(row["subject"]),
            at=at,
            spec=spec_from_json(row["spec"]),
            formula_price=formula,
            price=price,
            servings_formula=row["servings_formula"],
            servings=_number(row["servings"]),
            exact_formula=_number(row["exact_formula"]),
        )
    except (ValueError, KeyError, TypeError, InvalidOperation, Invalid, RecursionError) as error:
        raise _bad(number) from error
    if at.tzinfo is None or not (price.is_finite() and formula.is_finite()):
        raise _bad(number)
    return cake


def _bad(number: int) -> Invalid:
    return Invalid("bad_line", f"Line {number} is not a past cake.", details={"line": number})


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
