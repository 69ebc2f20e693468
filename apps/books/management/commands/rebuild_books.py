"""`manage.py rebuild_books`: book all that is missing; with --check only compare."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.books import services
from apps.books.selectors.proving import find_flaws
from bakery.kernel import clock


class Command(BaseCommand):
    """Derives every journal again from the rows that it comes from."""

    help = "Book what is missing, then prove that the books are what their sources say."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --check."""
        parser.add_argument("--check", action="store_true", help="compare only, book nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Book, compare and list what differs; fail when anything does."""
        if not options["check"]:
            booked = services.post_missing(at=clock.now(), whole=True)
            self.stdout.write(f"Booked {booked} journals that were missing.")
        flaws = 0
        for flaw in find_flaws():
            flaws += 1
            self.stdout.write(f"{flaw.kind}: {flaw.source} ({flaw.detail})")
        if flaws:
            raise CommandError(f"{flaws} journals are not what their sources say.")
        self.stdout.write("The books are what their sources say.")
