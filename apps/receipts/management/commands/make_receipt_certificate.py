"""`manage.py make_receipt_certificate FOLDER`: a key of the shop's own for signing receipts."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.receipts.adapters.certificates import make_certificate
from apps.receipts.services import signing_fingerprint
from bakery.kernel import clock


class Command(BaseCommand):
    """Writes key.pem, certificate.pem and root.pem, and says what to set."""

    help = "Make a key and a certificate for signing receipts; files that exist are not touched."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and for how long the certificate shall be good."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--years", type=int, default=3, choices=range(1, 11))

    def handle(self, *args: Any, **options: Any) -> None:
        """Make and write them."""
        folder: Path = options["folder"]
        at = clock.now()
        made = make_certificate(
            name=f"{settings.SHOP_NAME}, receipts",
            # A clock that is a little behind must not find it not yet good.
            since=at - timedelta(hours=1),
            until=at + timedelta(days=365 * options["years"]),
        )
        files = {"key.pem": made.key, "certificate.pem": made.certificate, "root.pem": made.root}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, text in files.items():
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                with os.fdopen(os.open(folder / name, flags, 0o600), "w") as file:
                    file.write(text)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        retired = signing_fingerprint()
        self.stdout.write(f"RECEIPT_SIGNING_KEY={folder / 'key.pem'}")
        self.stdout.write(f"RECEIPT_SIGNING_CERTIFICATES={folder / 'certificate.pem'}")
        self.stdout.write(f"# append {folder / 'root.pem'} to what RECEIPT_TRUSTED_ROOTS names")
        if retired:
            self.stdout.write(f"# add to RECEIPT_RETIRED_SIGNERS: {retired}")
