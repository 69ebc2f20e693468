"""The form on which an order is changed, on the shop's pages and in the console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.orders.rules.checks import MAX_MESSAGE, MAX_QUANTITY
from apps.orders.rules.editing import EditWish, LineWish
from bakery.kernel.errors import Invalid

NEW_ROWS = 3
_BIGGEST_ID = 2**63 - 1
_LONGEST_NUMBER = 19


class Line(Protocol):
    """What the form shows of a line of the order."""

    @property
    def position(self) -> int:
        """Which line it is."""

    @property
    def description(self) -> str:
        """What a person calls it."""

    @property
    def quantity(self) -> int:
        """How many."""

    @property
    def message(self) -> str:
        """What is written on it."""

    @property
    def message_max_length(self) -> int | None:
        """Characters that fit on it; None when it is not sold any more."""

    @property
    def is_private(self) -> bool:
        """Tell whether it was agreed with its customer, and stays as it is."""


@dataclass(frozen=True)
class Row:
    """A row of the form, with what was typed; ``key`` ends the names of its fields."""

    key: str
    description: str
    quantity: str
    message: str
    message_max_length: int
    variant_id: str = ""
    is_sold: bool = True
    is_private: bool = False


def rows_of(lines: Sequence[Line], typed: Mapping[str, str]) -> list[Row]:
    """Return a row for each line of the order: as it is, or as it was typed."""
    return [
        Row(
            str(line.position),
            line.description,
            typed.get(f"quantity-{line.position}", str(line.quantity)),
            typed.get(f"message-{line.position}", line.message),
            line.message_max_length or 0,
            is_sold=line.message_max_length is not None,
            is_private=line.is_private,
        )
        for line in lines
    ]


def new_rows(typed: Mapping[str, str]) -> list[Row]:
    """Return the rows in which something can be added."""
    return [
        Row(
            f"new-{number}",
            "",
            typed.get(f"quantity-new-{number}", ""),
            typed.get(f"message-new-{number}", ""),
            MAX_MESSAGE,
            variant_id=typed.get(f"variant-new-{number}", ""),
        )
        for number in range(1, NEW_ROWS + 1)
    ]


def read_wish(lines: Sequence[Line], typed: Mapping[str, str]) -> EditWish:
    """Return what the form asks for; a quantity of 0 takes a line out, a blank one leaves it.

    Raises `Invalid` ``bad_quantity`` or ``bad_form`` for what no form would send.
    """
    wishes = []
    for line in lines:
        quantity = _number(typed.get(f"quantity-{line.position}", ""), line.quantity)
        message = _text(typed.get(f"message-{line.position}", line.message))
        if quantity:
            wishes.append(LineWish(position=line.position, quantity=quantity, message=message))
    for row in new_rows(typed):
        if row.variant_id:
            variant_id = _number(row.variant_id, 0, most=_BIGGEST_ID)
            quantity = _number(row.quantity, 1) or 1
            wishes.append(
                LineWish(variant_id=variant_id, quantity=quantity, message=_text(row.message))
            )
    slot = typed.get("slot_id", "")
    return EditWish(
        revision=_number(typed.get("revision", ""), 0, most=_BIGGEST_ID),
        lines=tuple(wishes),
        slot_id=_number(slot, 0, most=_BIGGEST_ID) if slot else None,
    )


def _number(text: str, blank: int, *, most: int = MAX_QUANTITY) -> int:
    text = text.strip()
    if not text:
        return blank
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise Invalid("bad_quantity", "A number, please: 0 takes a line out.")
    if int(text) > most:
        raise Invalid("bad_quantity", f"Order at most {MAX_QUANTITY} of one thing.")
    return int(text)


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_MESSAGE or "\0" in text:
        raise Invalid("bad_form", f"A message has at most {MAX_MESSAGE} characters.")
    return text if text.strip() else ""
