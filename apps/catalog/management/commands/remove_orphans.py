"""`manage.py remove_orphans`: delete pictures' files that no row names."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.catalog.services import remove_orphans
from bakery.kernel import clock


class Command(BaseCommand):
    """List and delete files of pictures, older than a day, that no row names."""

    help = "Delete files of pictures that no row names; --dry-run only prints them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("--dry-run", action="store_true", help="print, and delete nothing")
        parser.add_argument(
            "--older-than-hours",
            type=int,
            default=24,
            help="younger files may belong to an upload in progress (default 24, at least 1)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep once and say what was found."""
        hours = options["older_than_hours"]
        if hours < 1:
            raise CommandError("--older-than-hours is at least 1: an upload may be in progress.")
        report = remove_orphans(
            at=clock.now(), grace=timedelta(hours=hours), is_dry_run=options["dry_run"]
        )
        for key in report.orphans:
            self.stdout.write(key)
        verb = "would be removed" if options["dry_run"] else "removed"
        count = len(report.orphans) - len(report.failed)
        self.stdout.write(f"{report.seen} files seen, {count} {verb} ({report.bytes} bytes)")
        if report.failed:
            raise CommandError(f"{len(report.failed)} files could not be removed")
