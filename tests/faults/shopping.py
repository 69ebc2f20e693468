"""A guest's order over HTTP, as the faults of this folder need it."""

from uuid import uuid4

import requests

from tests.orders.factories import make_cake, make_slot


def order_a_cake(api: str, *, message: str = "", **customer: str) -> requests.Response:
    """Return the reply to the checkout of one cake."""
    cake, slot = make_cake(message=40, stock=3), make_slot()
    cart = requests.post(f"{api}/carts", json={}, timeout=60).json()["id"]
    line = {"variant_id": cake.pk, "quantity": 1, "message": message}
    requests.put(f"{api}/carts/{cart}/lines", json=line, timeout=60)
    body = {"cart_id": cart, "slot_id": slot.pk, "customer": customer}
    headers = {"Idempotency-Key": str(uuid4())}
    return requests.post(f"{api}/orders", json=body, headers=headers, timeout=60)
