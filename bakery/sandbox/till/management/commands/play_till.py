"""`manage.py play_till`: a till sells over a bad network, and stock ends where it should."""

import random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.inventory.models import Stock
from bakery.sandbox.till.client import Refused, Till, Weather

STORM = Weather(lose=0.25, lose_reply=0.25, repeat=0.4, shuffle=0.6)


class Command(BaseCommand):
    """Exit 0 when every sale was counted exactly once; 1 otherwise."""

    help = "Sell at the counter of the demo, losing, repeating and shuffling what is reported."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Let the storm be chosen."""
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--sales", type=int, default=12)

    def handle(self, *args: Any, **options: Any) -> None:
        """Sell, report, and compare."""
        if not settings.TILL_KEYS:
            raise CommandError("TILL_KEYS names no till")
        code, _, key = settings.TILL_KEYS[0].partition(":")
        stocked = Stock.objects.filter(variant__made_to_order=False, on_hand__gt=0)
        rows = list(stocked.select_related("variant").order_by("-on_hand")[:4])
        if not rows:
            raise CommandError("nothing is in stock")
        till = Till(
            address=settings.PUBLIC_BASE_URL, code=code, key=key, weather=STORM,
            seed=options["seed"],
        )  # fmt: skip
        sold = self._trade(till, rows, options["sales"], options["seed"])
        self._compare(rows, sold)

    def _trade(self, till: Till, rows: list[Stock], sales: int, seed: int) -> dict[int, int]:
        dice = random.Random(seed)
        try:
            # A till that lost its memory would ask a person; this one asks how far it had come.
            till.seq = till.post([])["received_up_to"]
            numbers = {till.sell(row.variant.sku): row.pk for row in dice.choices(rows, k=sales)}
            till.sync(batch=4)
        except (Refused, OSError, RuntimeError) as error:
            raise CommandError(f"stopped: {error}") from error
        sold = dict.fromkeys((row.pk for row in rows), 0)
        for seq, outcome in sorted(till.outcomes.items()):
            self.stdout.write(f"  #{seq:<4} {outcome['state']:<9} {outcome['code']}")
            sold[numbers[seq]] -= outcome["applied"]
        return sold

    def _compare(self, rows: list[Stock], sold: dict[int, int]) -> None:
        for row in rows:
            now = Stock.objects.get(pk=row.pk).on_hand
            self.stdout.write(f"  {row.variant.sku:<20} {row.on_hand} - {sold[row.pk]} = {now}")
            if now != row.on_hand - sold[row.pk]:
                raise CommandError(f"{row.variant.sku} should have {row.on_hand - sold[row.pk]}")
        self.stdout.write(self.style.SUCCESS("every sale was counted exactly once"))
