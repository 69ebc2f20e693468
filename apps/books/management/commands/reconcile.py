"""`manage.py reconcile`: compare Stripe, the orders and the books now."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.books import services
from apps.books.models import Difference
from apps.books.states import DifferenceState
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_WEEK = timedelta(days=7)


class Command(BaseCommand):
    """Prints every open difference and ends with an error if there is one, or if Stripe is down."""

    help = "Compare Stripe, the orders and the books."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the days."""
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and tell."""
        now = clock.now()
        last = options["last"] or clock.shop_date(now)
        try:
            run = services.reconcile(
                first_day=options["first"] or last - _WEEK,
                last_day=last,
                at=now,
                started_by="command",
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        for row in Difference.objects.filter(state=DifferenceState.OPEN).order_by("found_at", "pk"):
            facts = "; ".join(f"{name}: {text}" for name, text in row.facts.items())
            self.stdout.write(f"{row.kind} {row.key} {row.amount} {row.currency} ({facts})")
        if run.problem:
            raise CommandError(run.problem)
        if run.found:
            raise CommandError(f"{run.found} differences, {run.new} of them new")
        self.stdout.write(f"{run.compared} movements compared, everything agrees")
