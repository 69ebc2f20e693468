"""`manage.py prove_points`: compare points and gift cards with their ledgers now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.loyalty import selectors


class Command(BaseCommand):
    """Prints every difference and ends with an error if there is one; changes nothing."""

    help = "Compare points and gift cards with their ledgers."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and tell."""
        found = selectors.loyalty_differences()
        for row in found:
            self.stdout.write(f"{row.kind} {row.subject}: {row.stored}, ledger {row.ledger}")
        if found:
            raise CommandError(f"{len(found)} differences")
        self.stdout.write("points and gift cards agree with their ledgers")
