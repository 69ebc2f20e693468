"""What a promotion says, whether it holds now, and what staff may make it say. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.loyalty.rules.offers import OfferLine
from apps.loyalty.states import PromotionKind, PromotionState, ThresholdBasis
from bakery.kernel.errors import Invalid

# In the order in which kinds are applied: goods given away, then percentages, then amounts.
KINDS = tuple(PromotionKind.values)
MAX_QUANTITY, MAX_USES, MAX_AMOUNT = 100, 1_000_000, Decimal(100_000)
MAX_PRIORITY, MAX_NAME = 1000, 120
_WHOLE = {
    "buy_quantity": (1, MAX_QUANTITY),
    "get_quantity": (1, MAX_QUANTITY),
    "priority": (-MAX_PRIORITY, MAX_PRIORITY),
    "per_customer_limit": (1, MAX_USES),
    "max_uses": (1, MAX_USES),
}
_OPTIONAL = {"per_customer_limit", "max_uses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A promotion as rules see it. Empty scopes: all goods; otherwise those of either."""

    id: int
    name: str
    kind: str
    value: Decimal
    buy_quantity: int = 1
    get_quantity: int = 1
    threshold: Decimal | None = None
    threshold_basis: str = ThresholdBasis.BEFORE
    product_ids: Collection[int] = ()
    category_ids: Collection[int] = ()
    gift_ids: Collection[int] = ()
    needs_code: bool = False
    exclusive: bool = False
    priority: int = 0
    first_order_only: bool = False
    customer_limit: int | None = None
    max_uses: int | None = None
    used: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool = True

    @property
    def rank(self) -> tuple[int, int, int]:
        """Its place in the one order of application: kind, priority, age."""
        return KINDS.index(self.kind), self.priority, self.id

    @property
    def is_scoped(self) -> bool:
        """Tell whether it is for some goods only."""
        return bool(self.product_ids or self.category_ids)

    def covers(self, line: OfferLine) -> bool:
        """Tell whether ``line`` is among the goods that it is for."""
        return (
            not self.is_scoped
            or line.product_id in self.product_ids
            or line.category_id in self.category_ids
        )

    def state(self, at: datetime) -> PromotionState:
        """Tell whether it can be used at ``at``, and if not, the first reason."""
        if not self.is_active:
            return PromotionState.OFF
        if self.ends_at is not None and self.ends_at <= at:
            return PromotionState.OVER
        if self.max_uses is not None and self.used >= self.max_uses:
            return PromotionState.USED_UP
        if self.starts_at is not None and self.starts_at > at:
            return PromotionState.SCHEDULED
        return PromotionState.ACTIVE


def check_promotion(values: Mapping[str, Any]) -> None:
    """Refuse what no promotion may say; ``values`` has every field that can be set.

    Raises `Invalid` ``bad_promotion`` with ``details.fields``: problems by field.
    """
    kind, gifts = values["kind"], values["gift_ids"]
    starts_at, ends_at = values["starts_at"], values["ends_at"]
    named = 0 < len(str(values["name"]).strip()) <= MAX_NAME
    found = {
        "name": "" if named else f"At most {MAX_NAME} characters, read by customers.",
        "kind": "" if kind in KINDS else "Choose one of the kinds.",
        "value": _problem_of_value(kind, values["value"]),
        "threshold": ""
        if _is_money(values["threshold"], optional=True)
        else f"More than 0, up to {MAX_AMOUNT}, or empty.",
        "threshold_basis": ""
        if values["threshold_basis"] in ThresholdBasis.values
        else "Say which prices count.",
        "gift_ids": "Choose what is free." if kind == PromotionKind.FREE_ITEM and not gifts else "",
        "ends_at": "It must end after it starts."
        if starts_at and ends_at and ends_at <= starts_at
        else "",
        **{name: _problem_of_number(name, values[name]) for name in _WHOLE},
    }
    problems = {name: [problem] for name, problem in found.items() if problem}
    if problems:
        raise Invalid(
            "bad_promotion", "This promotion cannot be kept.", details={"fields": problems}
        )


def _problem_of_number(name: str, number: Any) -> str:
    least, most = _WHOLE[name]
    if number is None and name in _OPTIONAL:
        return ""
    is_good = type(number) is int and least <= number <= most
    return "" if is_good else f"A whole number from {least} to {most}."


def _problem_of_value(kind: str, value: Any) -> str:
    if kind == PromotionKind.AMOUNT:
        return "" if _is_money(value) else f"More than 0, up to {MAX_AMOUNT}."
    return "" if _is_money(value) and value <= 100 else "A percentage: more than 0, up to 100."


def _is_money(value: Any, *, optional: bool = False) -> bool:
    if value is None:
        return optional
    return isinstance(value, Decimal) and value.is_finite() and Decimal(0) < value <= MAX_AMOUNT
