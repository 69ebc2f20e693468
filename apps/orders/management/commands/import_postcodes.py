"""`manage.py import_postcodes FILE`: read where postcodes are, for delivery zones by distance."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.orders import services


class Command(BaseCommand):
    """Reads a file of GeoNames (tab-separated, UTF-8, https://download.geonames.org/export/zip/)."""

    help = "Import postcodes with their coordinates from a GeoNames postal code file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file's name."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what is readable, and say what is not."""
        path: Path = options["file"]
        try:
            with path.open(encoding="utf-8", newline="\n") as lines:
                done = services.import_postcodes(lines=lines, source=path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        for number, reason in done.refused:
            self.stderr.write(f"line {number}: {reason}")
        self.stdout.write(f"{done.written} postcodes written")
        if not done.written:
            raise CommandError("nothing in it is a postcode with its place")
