"""`manage.py demo_code`: the one-time codes that the demo staff's authenticators show now."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from bakery.demo.people import PEOPLE, one_time_code


class Command(BaseCommand):
    """Print each member of staff with the current code and the seconds that it still lives."""

    help = "Show the current one-time codes of the demo staff."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the codes."""
        at = time.time()
        for person in PEOPLE:
            if person.totp_key:
                code = one_time_code(person.totp_key, at=at)
                self.stdout.write(f"{person.email:<26} {code}  ({30 - int(at) % 30} s left)")
