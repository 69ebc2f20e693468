"""`manage.py verify_receipt FILE...`: whether files are receipts of ours, unchanged."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.receipts import services


class Command(BaseCommand):
    """Prints one line a file; ends with 1 unless all are valid."""

    help = "Say of each file whether it is a receipt as we issued it, or why not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the files' names."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify every file, whatever the others are."""
        paths: list[Path] = options["files"]
        bad = sum(not self._verify(path) for path in paths)
        if bad:
            raise CommandError(f"{bad} of {len(paths)} not valid", returncode=1)

    def _verify(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                data = file.read(services.LARGEST_CHECKED + 1)
        except OSError as error:
            self.stdout.write(f"{path}: not valid: it cannot be read: {error.strerror}")
            return False
        verdict = services.verify_file(data=data)
        if verdict.valid:
            self.stdout.write(f"{path}: valid: {verdict.number}, sealed {verdict.sealed_at:%F %T}")
            return True
        began = f" (it began as {verdict.number})" if verdict.number else ""
        why = " ".join(reason.text for reason in verdict.reasons)
        self.stdout.write(f"{path}: not valid: {why}{began}")
        return False
