"""`manage.py verify_audit`: walk the audit chain and name the first entry that does not fit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bakery.kernel import audit, audit_heads


class Command(BaseCommand):
    """Exit 0 when the chain is whole, 1 with the first bad sequence number otherwise.

    It is compared with the given head, or with the newest one that was kept in storage.
    """

    help = "Verify the hash chain of the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a head that was kept elsewhere, as `seq:hash`."""
        parser.add_argument("--head", help="a head kept elsewhere, as SEQ:HASH")
        parser.add_argument("--print-head", action="store_true", help="print the head, to keep it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, and print what was found."""
        against = self._named_head(options["head"]) if options["head"] else audit_heads.latest()
        verdict = audit.verify(against=against)
        if not verdict.ok:
            raise CommandError(f"audit trail broken at #{verdict.bad_seq}: {verdict.reason}")
        self.stdout.write(self.style.SUCCESS(f"audit trail whole: {verdict.checked} entries"))
        newest = audit.head()
        if options["print_head"] and newest:
            self.stdout.write(f"{newest.seq}:{newest.hash}")

    def _named_head(self, text: str) -> audit.Head:
        seq, _, digest = text.partition(":")
        if not seq.isdigit() or not digest:
            raise CommandError("--head wants SEQ:HASH")
        return audit.Head(int(seq), digest)
