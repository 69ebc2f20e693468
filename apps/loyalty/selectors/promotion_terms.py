"""Promotions and coupons read as the rules want them; automatic ones are kept for seconds."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet

from apps.loyalty.models import Promotion
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
_COUPON_COLUMNS = ("id", "code", "max_uses", "used", "user_id", "mailbox", "is_active")
# Plain SQL, because carts with a code ask on every read: the ORM took ten times as long to build
# these statements as the database to answer them. Names of columns alone are put in.
_SCOPE_LISTS = [
    f"ARRAY(SELECT {column} FROM loyalty_promotion_{relation} WHERE promotion_id = p.id ORDER BY 1)"  # noqa: S608
    for relation, column in _SCOPES.values()
]
_READ = [*(f"c.{name}" for name in _COUPON_COLUMNS), *(f"p.{n}" for n in _FIELDS), *_SCOPE_LISTS]
_COUPONS = f"""
SELECT {", ".join(_READ)}, coalesce(p.per_customer_limit, CASE WHEN p.first_order_only THEN 1 END)
FROM loyalty_coupon c JOIN loyalty_promotion p ON p.id = c.promotion_id
WHERE c.code = ANY(%s) ORDER BY c.id
"""  # noqa: S608
_USES = """
SELECT p.id, p.used, coalesce((SELECT max(u.used) FROM loyalty_customeruse u
    WHERE u.promotion_id = p.id AND u.customer = ANY(%s)), 0)
FROM loyalty_promotion p WHERE p.id = ANY(%s)
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_COUPONS, [list(codes)])
        return [_as_coupon(row) for row in cursor.fetchall()]


def uses_of(ids: Collection[int], customers: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return promotions with their uses, and those of the customer who has most: one query."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_USES, [list(customers), list(ids)])
        return list(cursor.fetchall())


def _as_coupon(row: tuple[Any, ...]) -> CouponTerms:
    count = len(_COUPON_COLUMNS)
    coupon: dict[str, Any] = dict(zip(_COUPON_COLUMNS, row[:count], strict=True))
    names = (*_FIELDS, *_SCOPES, "customer_limit")
    terms: dict[str, Any] = dict(zip(names, row[count:], strict=True))
    return CouponTerms(**coupon, terms=Terms(**terms))


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
