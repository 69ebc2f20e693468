"""`manage.py seed_online`: add what the demo shows of cards, once the platform serves."""

from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bakery.demo.online import seed_online


class Command(BaseCommand):
    """Idempotent: an installation that knows of a payment by card is left as it is."""

    help = "Pay two of the demo's orders by card; ask for a refund of one, dispute the other."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say whether anything was done."""
        if not settings.SANDBOX:
            raise CommandError("the demo is not for production")
        try:
            done = seed_online(sandbox=settings.SANDBOX_URL)
        except (TimeoutError, requests.RequestException) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write("paid, asked and disputed" if done else "there already")
