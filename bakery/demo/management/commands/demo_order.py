"""`manage.py demo_order`: drive the main job over HTTP and print each step with its time."""

from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bakery.demo.drive import Addresses, Drive, DriveError, Step


class Command(BaseCommand):
    """Exit 0 when a cake was ordered, paid, shown, acknowledged and handed over; 1 otherwise."""

    help = "Order a cake as a customer would and follow it until it is handed over."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Drive, and report."""
        addresses = Addresses(
            web=settings.PUBLIC_BASE_URL, live=settings.LIVE_BASE_URL, sandbox=settings.SANDBOX_URL
        )
        try:
            number = Drive(addresses, self._report).run()
        except (DriveError, requests.RequestException, OSError, KeyError, IndexError) as error:
            raise CommandError(f"stopped: {type(error).__name__}: {error}") from error
        self.stdout.write(self.style.SUCCESS(f"done: {number} is paid and handed over"))

    def _report(self, step: Step) -> None:
        self.stdout.write(f"  {step.seconds:6.2f} s  {step.name:<44} {step.seen}")
