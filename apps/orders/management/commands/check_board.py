"""`manage.py check_board`: are all paid cakes on the board, and did somebody take charge?"""

from typing import Any

from django.core.management.base import BaseCommand

from apps.orders import services
from bakery.kernel import clock


class Command(BaseCommand):
    """Makes today's check once more; exits with 1 when a cake may be missed."""

    help = "Check that every paid cake of the next days is on the board and acknowledged."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found."""
        found = services.check_board(at=clock.now(), again=True)
        if found is None:
            return
        for line in found.missing:
            self.stdout.write(line)
        self.stdout.write(f"{found.examined} paid cakes, {len(found.missing)} to look at")
        if found.missing:
            raise SystemExit(1)
