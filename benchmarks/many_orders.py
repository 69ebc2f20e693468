"""Orders by the hundred thousand, spread over 400 days, the same at every run."""

import os
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection, transaction

from apps.catalog.models import Variant
from apps.orders.models import Order
from bakery.kernel import clock

# Of the 400 days so many are still to come; as a shop has it that takes orders a month ahead.
DAYS, AHEAD = 400, 30
# Orders of earlier days that nobody closed: in every shop there are some.
_FORGOTTEN = 2000
_PAID = "status NOT IN ('pending_payment', 'expired')"
# Column and how it follows from the order's number n, its status and its pickup `starts`. All
# others take the default of their field.
_COLUMNS = {
    "number": "'M-' || lpad(n::text, 8, '0')",
    "public_id": "gen_random_uuid()",
    "customer_name": "'Customer ' || mod(n * 7919, 20000)",
    "customer_email": "'c' || mod(n * 7919, 20000) || '@example.com'",
    "customer_phone": "'+1416555' || lpad(mod(n, 10000)::text, 4, '0')",
    "status": "status",
    "channel": "CASE WHEN mod(n, 9) = 0 THEN 'phone' WHEN mod(n, 7) = 0 THEN 'counter' "
    "ELSE 'web' END",
    "revision": "CASE WHEN mod(n, 23) = 0 THEN 1 ELSE 0 END",
    "currency": "%(currency)s",
    "subtotal": "48",
    "tax_total": "0",
    "total": "48",
    "paid_total": f"CASE WHEN {_PAID} THEN 48 ELSE 0 END",
    "tax_region": "'CA-ON'",
    "pickup_code": "'ABC234'",
    "slot_id": "0",
    "pickup_starts_at": "starts",
    "pickup_ends_at": "starts + interval '30 minutes'",
    "pickup_local": "to_char(starts, 'FMDay DD FMMonth YYYY, HH24:MI')",
    "zone": "%(zone)s",
    "fires_at": "starts - interval '2 hours'",
    "placed_at": "starts - interval '3 days'",
    "hold_expires_at": "starts - interval '3 days' + interval '45 minutes'",
    "has_cake": "mod(n, 3) = 0",
    "allergy_flag": "mod(n, 40) = 0",
    "paid_at": f"CASE WHEN {_PAID} THEN starts - interval '3 days' END",
    "acknowledged_at": f"CASE WHEN {_PAID} THEN starts - interval '71 hours' END",
}
_ORDERS = """
INSERT INTO orders_order ({columns}) SELECT {values}
FROM (
    SELECT n, starts, CASE
        WHEN starts > %(at)s THEN
            CASE WHEN mod(n, 25) = 0 THEN 'cancelled' WHEN mod(n, 31) = 0 THEN 'pending_payment'
                 ELSE 'paid' END
        WHEN starts > %(at)s - interval '4 hours' THEN
            CASE WHEN mod(n, 3) = 0 THEN 'in_production' ELSE 'ready' END
        WHEN mod(n, %(forgotten)s) = 0 THEN 'ready'
        WHEN mod(n, 25) = 0 THEN 'cancelled' WHEN mod(n, 29) = 0 THEN 'expired'
        WHEN mod(n, 37) = 0 THEN 'no_show' ELSE 'collected' END AS status
    FROM (
        SELECT n, %(first)s + mod(n * 104729, %(minutes)s) * interval '1 minute' AS starts
        FROM generate_series(1::bigint, %(count)s) n
    ) moments
) orders
"""
_LINES = """
INSERT INTO orders_orderline (
    order_id, position, variant_id, product_id, sku, product_name, variant_name, quantity, message,
    unit_price, line_total, discount, category_id, pieces, prepackaged, tax_class, tax_rate, tax,
    taxes, tax_note, is_cake, made_to_order, allergens
)
SELECT o.id, place, v.variant_id, v.product_id, v.sku, v.product, v.size, 1,
       CASE WHEN place = 1 AND o.has_cake THEN 'Happy birthday, Zoë!' ELSE '' END,
       24, 24, 0, v.category_id, 1, false, 'standard', 0, 0, '[]', '', place = 1 AND o.has_cake,
       false, '{"contains": ["egg", "milk", "wheat"], "may_contain": ["tree_nuts"]}'
FROM orders_order o
CROSS JOIN generate_series(1, 2) place
JOIN LATERAL (
    SELECT * FROM unnest(%(variants)s::bigint[], %(products)s::bigint[], %(categories)s::bigint[],
                         %(skus)s::text[], %(names)s::text[], %(sizes)s::text[])
        AS sold(variant_id, product_id, category_id, sku, product, size)
    OFFSET mod(o.id + place, %(kinds)s) LIMIT 1
) v ON true
WHERE starts_with(o.number, 'M-')
"""


def fill_orders(count: int, *, at: datetime | None = None) -> None:
    """Add ``count`` orders of two lines, with pickups from 370 days before ``at`` to 30 after it.

    ``at`` is now unless given. In the statuses that a shop's orders have: what is past is mostly
    collected, what is ahead is paid. They have no holds, payments or history. Sold is what there
    is in the range, or a made-up loaf. The tables' owner should `ANALYZE` after, which is done
    where its address is known.
    """
    at = at or clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        # Such statements take longer than any of the platform's own may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        others = _defaults()
        values = [*_COLUMNS.values(), *(f"%({name})s" for name in others)]
        cursor.execute(
            _ORDERS.format(
                columns=", ".join(f'"{name}"' for name in (*_COLUMNS, *others)),
                values=", ".join(values),
            ),
            {
                **others,
                "count": count,
                "at": at,
                "first": at - timedelta(days=DAYS - AHEAD),
                "minutes": DAYS * 24 * 60,
                "forgotten": _FORGOTTEN,
                "currency": settings.SHOP_CURRENCY,
                "zone": settings.SHOP_TIME_ZONE,
            },
        )
        cursor.execute(_LINES, _sold())
    if "MIGRATE_DATABASE_URL" in os.environ and not connection.in_atomic_block:
        with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE orders_order, orders_orderline")


def _defaults() -> dict[str, object]:
    return {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in Order._meta.concrete_fields
        if field.column not in _COLUMNS and not field.primary_key
    }


def _sold() -> dict[str, object]:
    rows = list(
        Variant.objects.order_by("pk").values_list(
            "pk", "product_id", "product__category_id", "sku", "product__name", "name"
        )[:40]
    ) or [(1, 1, 1, "LOAF", "Loaf", "")]
    names = ("variants", "products", "categories", "skus", "names", "sizes")
    columns = dict(zip(names, ([*column] for column in zip(*rows, strict=True)), strict=True))
    return {**columns, "kinds": len(rows)}


def open_orders() -> int:
    """Return how many orders are open."""
    return Order.objects.open().count()
