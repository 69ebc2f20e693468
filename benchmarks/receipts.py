"""Receipts per second of one core, and bytes per file: `python -m benchmarks.receipts`.

Drawing is measured on the documents that the tests draw, signing with a key made for the moment.
Nothing is written anywhere.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable

from bakery.sandbox.keys import RECEIPT_KEYS, make_keys


def measure(name: str, make: Callable[[], bytes], times: int) -> None:
    """Print what making a file ``times`` times costs, after one that is not counted."""
    make()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    sizes = [len(make()) for _ in range(times)]
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{name:<28} {times / cpu:6.1f} a second of CPU  {cpu / times * 1000:7.1f} ms CPU"
        f"  {seconds / times * 1000:7.1f} ms  {max(sizes):>8,} bytes"
    )


def main() -> int:
    """Draw each kind of document, then sign one, and both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.dev")
    made = make_keys()
    os.environ.update({name: made[name] for name in RECEIPT_KEYS})
    import django

    django.setup()
    from apps.receipts.adapters import signing
    from apps.receipts.services import render_pdf
    from tests.receipts.samples import SAMPLES, sample

    for name in SAMPLES:
        document = sample(name)
        measure(f"draw: {name}", lambda document=document: render_pdf(document=document), times)
    document = sample("small")
    drawn = render_pdf(document=document)
    measure("sign: small", lambda: signing.sign(drawn, reason="R-2026-000001"), times)
    measure(
        "draw and sign: small",
        lambda: signing.sign(render_pdf(document=document), reason="R-2026-000001"),
        times,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
