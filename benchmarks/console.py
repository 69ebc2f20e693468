"""The console's product list at 5,000 products: milliseconds of server time, and statements.

The pages are asked for in this process, through the whole stack of middleware, so that what is
measured is the server's work and not the network's.
"""

import time
from typing import Any

from benchmarks.scenario import Platform, Row

PRODUCTS, ROUNDS, AIM_MS = 5_000, 9, 300
_LIST = "/console/catalog/product/"
PAGES = {
    "list": "",
    "list, page 50": "p=50",
    "words": "q=cake+chocolate",
    "a SKU": "q=BIG-12",
    "by price": "o=5",
    "below the margin floor": "needs=margin",
    "sold out": "needs=sold_out",
    "allergens unknown": "needs=allergens",
    "without a picture": "needs=picture",
    "published cakes": "status__exact=published&kind__exact=cake",
}


def scenarios(_platform: Platform) -> list[Row]:
    """Fill the range and print a line for each page; the aim is at most 300 ms."""
    import django

    django.setup()
    from benchmarks.big_range import fill_range

    fill_range(PRODUCTS)
    _give_costs()
    browser = manager()
    print(f"\nThe console's list at {PRODUCTS} products (aim: at most {AIM_MS} ms)")
    for name, query in PAGES.items():
        middle, cpu, statements, size = measure(browser, _LIST, query)
        print(
            f"  {name:24} median {middle:6.0f} ms   of it Python {cpu:6.0f} ms"
            f"   {statements:3} statements   {size:7} bytes"
        )
    _import_and_export()
    return []


def _give_costs() -> None:
    """Let two sizes of three have a cost, some of them too high."""
    import os

    import psycopg

    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(
            """UPDATE catalog_variant SET unit_cost = price * (20 + id % 50) / 100
            WHERE starts_with(sku, 'BIG-') AND id % 3 > 0"""
        )
        owner.execute("VACUUM ANALYZE")


def _import_and_export() -> None:
    """Print what the whole range costs as a file, and a file of new rows into the range."""
    from apps.catalog import services
    from apps.catalog.adapters.tables import MAX_ROWS
    from apps.catalog.models import Category
    from bakery.kernel import clock

    shelf = Category.objects.order_by("pk").first()
    head = "product,name,category,status,sku,size,price\n"
    body = head + "".join(
        f"new-{row // 3},New {row // 3},{shelf},published,"
        f"NEW-{row},Size {row % 3},{row % 90 + 5}.50\n"
        for row in range(MAX_ROWS)
    )
    raised = body.replace(".50\n", ".75\n")
    print(f"\nFiles of {MAX_ROWS} rows")
    for name, text in (("new", body), ("the same again", body), ("all prices changed", raised)):
        start = time.perf_counter()
        found = services.check_import(data=text.encode(), file_format="csv", at=clock.now())
        checked = time.perf_counter()
        services.apply_import(import_id=found.pk, at=clock.now())
        applied = time.perf_counter()
        told = {key: found.report[key] for key in ("new", "changed", "problem_count")}
        print(
            f"  {name:24} check {checked - start:5.1f} s   apply {applied - checked:5.1f} s"
            f"   {told}"
        )
    start = time.perf_counter()
    size = len(services.export_range(file_format="csv", at=clock.now()))
    print(f"  export                   {time.perf_counter() - start:5.1f} s   {size} bytes")


def manager() -> Any:
    """Return a browser of the demo's manager, past the second factor."""
    from django.conf import settings
    from django.test import Client
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from apps.accounts.models import User
    from bakery.edge.access import SECOND_FACTOR_AT
    from bakery.kernel import clock

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    user = User.objects.filter(groups__name="manager").first()
    if user is None:
        raise RuntimeError("the platform has no demo data")
    browser = Client()
    browser.force_login(user)
    session = browser.session
    session["otp_device_id"] = TOTPDevice.objects.get(user=user).persistent_id
    session[SECOND_FACTOR_AT] = clock.now().timestamp()
    session.save()
    return browser


def measure(browser: Any, page: str, query: str) -> tuple[float, float, int, int]:
    """Return the median milliseconds of a page, those of Python, its statements and its bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = f"{page}?{query}"
    browser.get(address)
    spent, cpu = [], []
    for _ in range(ROUNDS):
        start, own = time.perf_counter(), time.process_time()
        reply = browser.get(address)
        spent.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - own) * 1000)
        if reply.status_code != 200:
            raise RuntimeError(f"{address} gave {reply.status_code}")
    with CaptureQueriesContext(connection) as captured:
        size = len(browser.get(address).content)
    return sorted(spent)[ROUNDS // 2], sorted(cpu)[ROUNDS // 2], len(captured), size
