"""Steps that several services of stock share."""

from collections.abc import Collection

from django.db.models import F

from apps.catalog import selectors as catalog
from apps.inventory.models import Stock, StockMove
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one


def require_variants(variant_ids: Collection[int]) -> dict[int, bool]:
    """Return of each variant whether it is made to order; `NotFound` ``variant_not_found``."""
    known = catalog.made_to_order(variant_ids)
    if set(variant_ids) - known.keys():
        raise NotFound("variant_not_found", "There is no such variant.")
    return known


def require_stocked(variant_id: int) -> None:
    """Raise `NotFound`, or `Invalid` ``made_to_order`` for what has no stock."""
    if require_variants([variant_id])[variant_id]:
        raise Invalid("made_to_order", "This is made to order: pickup slots limit it, not stock.")


def make_rows(variant_ids: Collection[int]) -> None:
    """Give variants that never had one a stock row."""
    Stock.objects.bulk_create([Stock(variant_id=pk) for pk in variant_ids], ignore_conflicts=True)


def stock_row(variant_id: int) -> Stock:
    """Lock and return the stock of a stocked variant, made if need be; raises as above."""
    require_stocked(variant_id)
    make_rows([variant_id])
    return lock_one(Stock.objects.filter(pk=variant_id), what="stock")


def write_move(move: StockMove) -> Stock:
    """Change the pieces on hand by ``move``, write it to the ledger, return the stock after it.

    A step of the caller's transaction. Raises `Conflict` ``stock_promised`` when fewer would
    remain than are promised, and IntegrityError for a cause that was counted before.
    """
    make_rows([move.variant_id])
    changed = Stock.objects.filter(
        pk=move.variant_id, on_hand__gte=F("reserved") - move.delta_on_hand
    ).update(on_hand=F("on_hand") + move.delta_on_hand)
    stock = Stock.objects.get(pk=move.variant_id)
    if not changed:
        raise Conflict(
            "stock_promised",
            f"Only {stock.on_hand - stock.reserved} pieces are free; the rest is promised.",
            details={"on_hand": stock.on_hand, "reserved": stock.reserved},
        )
    move.save(force_insert=True)
    return stock
