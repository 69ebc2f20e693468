"""`manage.py seed_demo`: fill the installation with the demo bakery, and print its logins."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bakery.demo import seeding
from bakery.demo.alerts import seed_alerts
from bakery.demo.bank import seed_bank
from bakery.demo.cakes import seed_cakes
from bakery.demo.calendar import seed_calendar
from bakery.demo.carts import seed_left_carts
from bakery.demo.delivery import seed_delivery
from bakery.demo.deposits import seed_deposits
from bakery.demo.money import seed_money
from bakery.demo.orders import seed_mixers, seed_orders
from bakery.demo.people import PASSWORD, PEOPLE
from bakery.demo.prices import seed_prices
from bakery.demo.requests import seed_requests
from bakery.demo.stations import seed_stations
from bakery.demo.stockroom import seed_stockroom
from bakery.kernel import clock


class Command(BaseCommand):
    """Idempotent: what exists is left as it is. What it prints is shown on every start."""

    help = "Seed the demo bakery: range, pictures, pickup calendar, stockroom, orders, logins."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, then print who can log in."""
        if not settings.SANDBOX:
            raise CommandError("the demo is not for production: its passwords are public")
        at = clock.now()
        seeding.seed_range(at=at)
        seeding.seed_people(at=at)
        # Before anybody decides: from then on this bakery's own decisions are the past.
        seed_prices(at=at)
        seed_cakes(at=at)
        seed_calendar(at=at)
        seed_stockroom(at=at)
        seed_delivery(at=at)
        seed_deposits(at=at)
        seed_stations(at=at)
        seed_mixers()
        seed_alerts(at=at)
        if seed_orders(at=at):
            seed_money(at=at)
        seed_requests(at=at)
        seed_left_carts(at=at)
        gift_code = seed_bank(at=at)
        self.stdout.write(f"demo logins, password {PASSWORD}")
        for person in PEOPLE:
            self.stdout.write(f"  {person.email:<26} {person.role}")
        self.stdout.write(f"a gift card of 50.00 to try: {gift_code}")
        self.stdout.write("one-time codes of the staff: on the sandbox page, or `make demo-code`")
