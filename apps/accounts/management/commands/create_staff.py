"""`manage.py create_staff`: the first people of an installation."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts import services
from apps.accounts.rules import STAFF_ROLES
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class Command(BaseCommand):
    """Create a member of staff and print, once, the password and the authenticator's secret."""

    help = "Create a member of staff; prints a password and the secret for the authenticator."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who and what they are."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, action="append", choices=STAFF_ROLES)
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, and print what the person needs for the first log-in."""
        password = secrets.token_urlsafe(15)
        try:
            services.sync_roles()
            user = services.create_staff(
                email=options["email"],
                roles=options["role"],
                full_name=options["name"],
                password=password,
                actor="system",
                at=clock.now(),
            )
            enrolment = services.begin_enrolment(user_id=user.pk)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"account    {user.email} ({', '.join(options['role'])})")
        self.stdout.write(f"password   {password}   (change it after the first log-in)")
        self.stdout.write(f"secret     {enrolment.secret}")
        self.stdout.write(f"           {enrolment.uri}")
        self.stdout.write("The first log-in at /console/ shows the same secret as a QR code")
        self.stdout.write("and asks for a code from the authenticator.")
