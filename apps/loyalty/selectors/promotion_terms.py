"""Promotions and coupons read as the rules want them; automatic ones are kept for seconds."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db.models import OuterRef, Q, QuerySet

from apps.loyalty.models import Coupon, Promotion
from apps.loyalty.rules.promotion_terms import Terms
from apps.loyalty.states import PromotionState
from bakery.kernel.errors import NotFound
from bakery.kernel.remembering import remember

# Every read of a cart asks for them. After a change they are forgotten at once, so that only a
# reader in the middle of the change can keep an old one, and for no longer than this.
_KEY, _SECONDS = "loyalty:automatic-promotions:1", 10
# What is over stays in the answer for a while: who asks may mean an earlier moment.
_SLACK = timedelta(days=1)
# Relation and the column of its own table that names what is in the scope.
_SCOPES = {
    "product_ids": ("products", "product_id"),
    "category_ids": ("categories", "category_id"),
    "gift_ids": ("gifts", "product_id"),
}
_FIELDS = (
    *("id", "name", "kind", "value", "buy_quantity", "get_quantity", "threshold"),
    *("threshold_basis", "needs_code", "exclusive", "priority", "first_order_only"),
    *("max_uses", "used", "starts_at", "ends_at", "is_active"),
)


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """A coupon with its promotion."""

    id: int
    code: str
    terms: Terms
    max_uses: int | None
    used: int
    user_id: int | None
    mailbox: str
    is_active: bool

    def is_usable(self, at: datetime) -> bool:
        """Tell whether somebody can use it at ``at``."""
        left = self.max_uses is None or self.used < self.max_uses
        return self.is_active and left and self.terms.state(at) == PromotionState.ACTIVE


def automatic_promotions(*, at: datetime) -> list[Terms]:
    """Return the automatic promotions that are switched on; `used` may be seconds old.

    No query while the answer of the last seconds is known.
    """

    def read() -> list[dict[str, Any]]:
        rows = Promotion.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=at - _SLACK), is_active=True, needs_code=False
        )
        return [asdict(terms) for terms in _terms(rows)]

    return [Terms(**row) for row in remember(_KEY, seconds=_SECONDS, make=read)]


def forget_automatic_promotions() -> None:
    """Let the next reader see what was changed; call it in the change and after its commit."""
    cache.delete(_KEY)


def promotions_by_id(ids: Collection[int]) -> list[Terms]:
    """Return promotions, whatever their state: one query."""
    return _terms(Promotion.objects.filter(pk__in=ids)) if ids else []


def promotion_terms(promotion_id: int) -> Terms:
    """Return one promotion; raise `NotFound`."""
    for terms in promotions_by_id([promotion_id]):
        return terms
    raise NotFound("promotion_not_found", "There is no such promotion.")


def promotion_rows(state: str = "", *, at: datetime) -> QuerySet[Promotion]:
    """Return promotions, of one state at ``at`` if one is named, to be read page by page.

    Each has ``product_ids``, ``category_ids`` and ``gift_ids``.
    """
    rows = Promotion.objects.all()
    return _with_scopes(rows.in_state(state, at) if state else rows, "pk")


def terms_of_row(row: Promotion) -> Terms:
    """Return a row of `promotion_rows` as the rules see it."""
    return _as_terms(row, row)


def coupons_by_code(codes: Sequence[str]) -> list[CouponTerms]:
    """Return the coupons of codes as they are stored, with their promotions: one query."""
    if not codes:
        return []
    rows = _with_scopes(
        Coupon.objects.filter(code__in=codes).select_related("promotion").order_by("pk"),
        "promotion_id",
    )
    return [
        CouponTerms(
            id=row.pk,
            code=row.code,
            terms=_as_terms(row.promotion, row),
            max_uses=row.max_uses,
            used=row.used,
            user_id=row.user_id,
            mailbox=row.mailbox,
            is_active=row.is_active,
        )
        for row in rows
    ]


def _terms(rows: QuerySet[Promotion]) -> list[Terms]:
    return [_as_terms(row, row) for row in _with_scopes(rows.order_by("pk"), "pk")]


def _as_terms(promotion: Promotion, scopes: Any) -> Terms:
    values = {name: getattr(promotion, name) for name in _FIELDS}
    values |= {name: list(getattr(scopes, name)) for name in _SCOPES}
    return Terms(**values, customer_limit=promotion.customer_limit)


def _with_scopes(rows: QuerySet[Any], promotion: str) -> QuerySet[Any]:
    """Add the scopes of the promotion in the column ``promotion``, by the same statement."""
    annotated: QuerySet[Any] = rows.annotate(
        **{
            name: ArraySubquery(
                getattr(Promotion, relation)
                .through.objects.filter(promotion_id=OuterRef(promotion))
                .order_by(column)
                .values(column)
            )
            for name, (relation, column) in _SCOPES.items()
        }
    )
    return annotated
