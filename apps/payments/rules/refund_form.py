"""What people type into the forms on which a refund is asked for."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from apps.payments.rules.refund_plan import RefundLine
from bakery.kernel.errors import Invalid

_LONGEST_NUMBER = 6
_LONGEST_AMOUNT = 12


def read_lines(positions: Iterable[int], typed: Mapping[str, str]) -> tuple[RefundLine, ...]:
    """Return the pieces that were chosen in the fields ``quantity-<position>``.

    An empty field and 0 choose none. Raises `Invalid` ``bad_line`` for what is no number.
    """
    chosen = []
    for position in positions:
        text = typed.get(f"quantity-{position}", "").strip()
        if text in ("", "0"):
            continue
        if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
            raise Invalid("bad_line", "How many pieces? Write a whole number.")
        chosen.append(RefundLine(position, int(text)))
    return tuple(chosen)


def read_amount(text: str) -> Decimal | None:
    """Return the amount in ``text``, None when it is empty; raise `Invalid` ``bad_amount``."""
    text = text.strip()
    if not text:
        return None
    refusal = Invalid("bad_amount", "Write the amount as a number, such as 12.50.")
    try:
        amount = Decimal(text) if len(text) <= _LONGEST_AMOUNT else Decimal("NaN")
    except InvalidOperation as error:
        raise refusal from error
    exponent = amount.as_tuple().exponent
    if not amount.is_finite() or amount <= 0 or amount.adjusted() > 7:
        raise refusal
    if isinstance(exponent, int) and exponent < -2:
        raise Invalid("bad_amount", "An amount has at most two decimals.")
    return amount


def choose_one(
    lines: tuple[RefundLine, ...], amount: Decimal | None
) -> tuple[tuple[RefundLine, ...], Decimal | None]:
    """Return ``lines`` and ``amount`` when exactly one of them says what goes back.

    Raises `Invalid` ``nothing_chosen`` or ``lines_or_amount``: nobody asks for everything by
    leaving a form empty.
    """
    if not lines and amount is None:
        raise Invalid("nothing_chosen", "Choose how many pieces, or write an amount.")
    if lines and amount is not None:
        raise Invalid("lines_or_amount", "Choose pieces or write an amount, not both.")
    return lines, amount
