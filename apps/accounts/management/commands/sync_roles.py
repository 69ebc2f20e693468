"""`manage.py sync_roles`: the roles' permissions, as the table in code says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.rules import ROLES
from apps.accounts.services import sync_roles


class Command(BaseCommand):
    """Create the groups of all roles and set their permissions; again changes nothing."""

    help = "Make groups and their permissions what accounts' table of roles says."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one option."""
        parser.add_argument(
            "--strict", action="store_true", help="fail on permissions that no app declares"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Synchronise, and name what could not be granted."""
        missing = sync_roles()
        self.stdout.write(f"{len(ROLES)} roles are in sync")
        for name in missing:
            self.stderr.write(f"no installed app declares the permission {name}: left out")
        if missing and options["strict"]:
            raise CommandError(f"{len(missing)} unknown permissions in ROLE_PERMISSIONS")
