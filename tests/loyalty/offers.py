"""Promotions, baskets and buyers for tests."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from apps.catalog import services as catalog
from apps.catalog.models import Category
from apps.loyalty import selectors, services
from apps.loyalty.models import Coupon, Promotion
from apps.loyalty.rules.promotion_terms import Terms
from apps.loyalty.rules.promotions import Candidate
from apps.loyalty.selectors import Buyer, OfferLine

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ADA = Buyer(user_id=None, email="ada@example.com")
NOBODY = Buyer(user_id=None, email="")


def basket(*rows, category=None) -> list[OfferLine]:
    """Return lines of (price, quantity), each a product of its own: 1, 2, 3..."""
    return [
        OfferLine(
            variant_id=number,
            product_id=number,
            category_id=category,
            unit_price=Decimal(price),
            quantity=quantity,
        )
        for number, (price, quantity) in enumerate(rows, start=1)
    ]


def terms(kind="percentage", value="10", *, pk=1, **fields) -> Terms:
    """Return a promotion as the rules see it."""
    return Terms(id=pk, name=f"offer {pk}", kind=kind, value=Decimal(value), **fields)


def candidate(*args, **fields) -> Candidate:
    """Return an automatic promotion that may be used."""
    return Candidate(terms(*args, **fields))


def make_promotion(*, at=AT, is_active=True, **values) -> Promotion:
    """Return a promotion in the database, by default ten percent off everything."""
    wanted = {"name": "Ten off", "kind": "percentage", "value": Decimal(10)} | values
    return services.create_promotion(values=wanted, is_active=is_active, actor="user:1", at=at)


def make_coupon(code="TENOFF", *, promotion=None, at=AT, **fields) -> Coupon:
    """Return a coupon, of a promotion that needs one."""
    promotion = promotion or make_promotion(needs_code=True, at=at)
    return services.add_coupon(
        promotion_id=promotion.pk, code=code, actor="user:1", at=at, **fields
    )


def make_product(name="Loaf", price="6.50", *, category=None):
    """Return a product on sale with one size, and that size."""
    category = category or Category.objects.first() or catalog.create_category(name="Bread", at=AT)
    product = catalog.create_product(name=name, category_id=category.pk, at=AT)
    variant = catalog.create_variant(
        product_id=product.pk,
        sku=uuid4().hex[:12],
        name="Whole",
        price=Decimal(price),
        made_to_order=True,
        at=AT,
    )
    catalog.publish_product(product_id=product.pk, at=AT)
    return product, variant


def quote(lines=None, *, codes=(), buyer=ADA, at=AT, keep=()):
    """Return what promotions do to a basket, by default one of 20.00."""
    lines = basket(("10.00", 2)) if lines is None else lines
    return selectors.offers_for(lines, codes=codes, buyer=buyer, at=at, keep=keep)
