"""Who is behind the holds of orders, as a recall of goods asks for it."""

from collections.abc import Collection
from uuid import UUID

from apps.inventory.selectors import Buyer
from apps.orders.models import Order

_PREFIX = "order:"


def buyers(references: Collection[str]) -> dict[str, Buyer]:
    """Return the customers by the reference of their order's hold, unknown ones left out."""
    ids = {}
    for reference in references:
        try:
            ids[UUID(reference.removeprefix(_PREFIX))] = reference
        except ValueError:
            continue
    rows = Order.objects.filter(public_id__in=ids).values_list(
        "public_id", "number", "customer_name", "customer_phone", "customer_email",
        "pickup_starts_at",
    )  # fmt: skip
    return {ids[row[0]]: Buyer(ids[row[0]], *row[1:]) for row in rows}
