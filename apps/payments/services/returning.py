"""Goods that came back whole with their refund: on sale again."""

import logging
from datetime import datetime

from apps.inventory.services import adjust_stock
from apps.inventory.states import StockReason
from apps.orders.selectors import sale_of
from apps.payments.models import Refund
from bakery.kernel.errors import DomainError

logger = logging.getLogger(__name__)


def take_goods_back(*, refund_id: int, at: datetime) -> int:
    """Put the pieces of a refund back into stock, once, when they came back; return how many.

    What was made to order is nobody else's. A size that is not kept any more is left out.
    """
    refund = Refund.objects.select_related("request").get(pk=refund_id)
    request = refund.request
    sale = sale_of(refund.order_id) if request is not None and request.goods_back else None
    if request is None or sale is None:
        return 0
    sold = {line.position: line for line in sale.lines}
    pieces = 0
    for row in request.lines:
        line, quantity = sold.get(row["position"]), int(row["quantity"])
        if line is None or line.made_to_order or quantity < 1:
            continue
        try:
            adjust_stock(
                variant_id=line.variant_id,
                delta=quantity,
                reason=StockReason.RECEIVED,
                note=f"came back from order {sale.number}",
                actor=request.decided_by or request.requested_by,
                at=at,
                ref=f"{request.credit_reference}:{line.position}",
            )
        except DomainError as error:
            logger.warning("goods not taken back", extra={"code": error.code})
            continue
        pieces += quantity
    return pieces
