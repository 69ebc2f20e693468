"""What a refund comes to: of which lines, with which tax, and which way it goes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.money import allocate, round_money

_ZERO = Decimal(0)
_MOST = Decimal(10**8)


@dataclass(frozen=True)
class RefundLine:
    """Pieces of the order's line at ``position`` whose price is to go back."""

    position: int
    quantity: int


@dataclass(frozen=True)
class WayShare:
    """What goes back one way; with a ``payment_id`` to the card that it was paid with."""

    way: str
    payment_id: int | None
    amount: Decimal


@dataclass(frozen=True)
class LineLeft:
    """A line of an order: how many pieces and how much of them may still be refunded."""

    position: int
    description: str
    quantity: int
    quantity_left: int
    amount_left: Decimal
    tax_left: Decimal = _ZERO


@dataclass(frozen=True)
class Refundable:
    """What of an order's money may still be asked back, in all, by way and by line."""

    currency: str
    amount_left: Decimal
    lines: tuple[LineLeft, ...]
    tax_left: Decimal = _ZERO
    ways: tuple[WayShare, ...] = ()


@dataclass(frozen=True)
class RefundPreview:
    """What a request would come to: ``amount`` with its ``tax`` in it, and the ways it goes.

    ``left`` is what may be refunded before it, with what of each line.
    """

    amount: Decimal
    tax: Decimal
    currency: str
    ways: tuple[WayShare, ...]
    left: Refundable


@dataclass(frozen=True)
class LineShare:
    """What pieces of a line are worth; ``quantity`` 0 for the rest of one that is split."""

    position: int
    quantity: int
    amount: Decimal
    tax: Decimal

    def as_json(self) -> dict[str, int | str]:
        """Return it as it is stored with a request: money as text."""
        return {
            "position": self.position,
            "quantity": self.quantity,
            "amount": str(self.amount),
            "tax": str(self.tax),
        }


def read_shares(rows: Sequence[Mapping[str, object]]) -> list[LineShare]:
    """Return the shares that a request was stored with."""
    return [
        LineShare(
            int(str(row["position"])),
            int(str(row["quantity"])),
            Decimal(str(row["amount"])),
            Decimal(str(row["tax"])),
        )
        for row in rows
    ]


def check_amount(amount: Decimal, left: Refundable) -> Decimal:
    """Return an amount that was asked for; raise `Invalid` ``bad_amount``, `Conflict` otherwise."""
    if (
        not amount.is_finite()
        or not 0 < amount < _MOST
        or amount != round_money(amount, left.currency)
    ):
        raise Invalid("bad_amount", "An amount of money above nothing, in whole cents.")
    if amount > left.amount_left:
        raise too_much(left)
    return amount.quantize(Decimal("0.01"))


def too_much(left: Refundable) -> Conflict:
    """Return the refusal of more than is left."""
    return Conflict(
        "too_much",
        f"Only {left.amount_left} {left.currency} can still be refunded.",
        details={"left": str(left.amount_left), "currency": left.currency},
    )


def share_lines(left: Refundable, wanted: Sequence[RefundLine]) -> list[LineShare]:
    """Return what the wanted pieces are worth: each its part of what its line has left.

    The last pieces of a line take all that is left of it, so that in whatever portions it goes
    back, they sum to what was charged. Raises `Invalid` ``bad_line`` for lines that are unknown,
    named twice, or have fewer pieces left.
    """
    known = {line.position: line for line in left.lines}
    if len({line.position for line in wanted}) < len(wanted):
        raise Invalid("bad_line", "Name each line once.")
    shares = []
    for line in wanted:
        row = known.get(line.position)
        if row is None:
            raise Invalid("bad_line", "The order has no such line.")
        if not 1 <= line.quantity <= row.quantity_left:
            raise Invalid(
                "bad_line",
                f"{row.description}: {row.quantity_left} of {row.quantity} can be refunded.",
                details={"position": row.position, "left": row.quantity_left},
            )
        amount, tax = (
            round_money(whole * line.quantity / row.quantity_left, left.currency)
            for whole in (row.amount_left, row.tax_left)
        )
        shares.append(LineShare(line.position, line.quantity, amount, min(tax, amount)))
    return shares


def split_ways(amount: Decimal, ways: Sequence[WayShare]) -> tuple[WayShare, ...]:
    """Return how ``amount`` goes back: of the first way as much as it has, and so on."""
    split = []
    for way in ways:
        part = min(amount, way.amount)
        if part > 0:
            split.append(WayShare(way.way, way.payment_id, part))
            amount -= part
    return tuple(split)


def pack_lines(
    shares: Sequence[LineShare], ways: Sequence[WayShare], currency: str
) -> list[list[LineShare]]:
    """Return which lines each of ``ways`` gives back; a line at the border is split in two."""
    packed: list[list[LineShare]] = []
    rest = list(shares)
    for way in ways:
        room, mine = way.amount, []
        while rest and room > 0:
            line = rest.pop(0)
            if line.amount > room:
                tax = round_money(line.tax * room / line.amount, currency)
                mine.append(LineShare(line.position, line.quantity, room, tax))
                rest.insert(0, LineShare(line.position, 0, line.amount - room, line.tax - tax))
                room = _ZERO
            else:
                mine.append(line)
                room -= line.amount
        packed.append(mine)
    return packed


def scale_lines(shares: Sequence[LineShare], amount: Decimal, currency: str) -> list[LineShare]:
    """Return ``shares`` so that they sum to ``amount``, which may be less than they were."""
    whole = sum((line.amount for line in shares), _ZERO)
    if amount == whole or not whole:
        return list(shares)
    parts = allocate(amount, [line.amount for line in shares], currency)
    return [
        LineShare(
            line.position,
            line.quantity,
            part,
            min(round_money(line.tax * amount / whole, currency), part),
        )
        for line, part in zip(shares, parts, strict=True)
    ]
