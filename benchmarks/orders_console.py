"""The console's list of orders at 100,000: milliseconds of server time, and statements.

As `benchmarks.console`, in this process, through the whole stack of middleware.
"""

from benchmarks.console import manager, measure
from benchmarks.scenario import Platform, Row

ORDERS, AIM_MS = 100_000, 300
LIST, FLOOR = "/console/orders/order/", "/console/orders/mixer/"


def scenarios(_platform: Platform) -> list[Row]:
    """Fill the books and print a line for each page; the aim is at most 300 ms."""
    import django

    django.setup()
    from benchmarks.many_orders import fill_orders

    fill_orders(ORDERS)
    browser = manager()
    print(f"\nThe console's list of {ORDERS:,} orders (aim: at most {AIM_MS} ms)")
    floor = measure(browser, FLOOR, "")[0]
    print(f"  {'an empty list (floor)':26} median {floor:6.0f} ms")
    for name, query in pages().items():
        middle, cpu, statements, size = measure(browser, LIST, query)
        print(
            f"  {name:26} median {middle:6.0f} ms ({middle / floor:4.1f}x)"
            f"   of it Python {cpu:6.0f} ms   {statements:3} statements   {size:7} bytes"
        )
    return []


def pages() -> dict[str, str]:
    """Return what is asked for: a name and a query each, with values that are in the books."""
    from datetime import timedelta

    from apps.orders.models import Order
    from bakery.kernel import clock

    tomorrow = clock.shop_date(clock.now()) + timedelta(days=1)
    middle = Order.objects.order_by("pk").values_list("pk", "number", "customer_email")[ORDERS // 2]
    oldest = Order.objects.order_by("pickup_starts_at").first()
    if oldest is None:
        raise RuntimeError("there are no orders")
    return {
        "newest": "",
        "half way back": f"after={middle[0]}~{middle[0]}",
        "by pickup": "o=2",
        "by pickup, the last": f"o=-2&after={oldest.pickup_starts_at.isoformat()}~{2**62}".replace(
            "+", "%2B"
        ),
        "open": "work=open",
        "open cakes": "work=open&has_cake__exact=1",
        "not seen": "work=unseen",
        "pickup tomorrow": f"pickup={tomorrow}",
        "waiting for payment": "payment=unpaid",
        "balance due": "payment=due",
        "paid in full": "payment=paid",
        "collected": "status__exact=collected",
        "a number": f"q={middle[1]}",
        "a mailbox": f"q={middle[2]}",
        "a part of a name": "q=byr",
        "nobody": "q=xyzzyx",
        "one customer": f"customer_email={middle[2]}",
    }
