"""`manage.py make_coupons`: codes at random for a promotion, as CSV on standard output."""

import csv
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.loyalty.services import make_coupons
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class Command(BaseCommand):
    """Make codes that nobody guesses, each for so many uses, and print them."""

    help = "Make single-use codes for a promotion and print them as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("promotion", type=int, help="the promotion's id; it must need a code")
        parser.add_argument("count", type=int, help="how many codes")
        parser.add_argument("--prefix", default="", help="stands before each code")
        parser.add_argument("--batch", default="", help="a name by which they are found again")
        parser.add_argument("--max-uses", type=int, default=1, help="uses of each (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make all of them or none."""
        try:
            made = make_coupons(
                promotion_id=options["promotion"],
                count=options["count"],
                prefix=options["prefix"],
                batch=options["batch"],
                max_uses=options["max_uses"],
                actor="system",
                at=clock.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        writer = csv.writer(self.stdout)
        writer.writerow(["code", "uses", "batch"])
        writer.writerows([row.code, row.max_uses, row.batch] for row in made)
