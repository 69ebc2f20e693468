"""`manage.py replay_stripe_event evt_...`: apply parked or stranded events now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.payments import services
from apps.payments.models import StripeEvent
from apps.payments.states import EventState
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class Command(BaseCommand):
    """Applies the named events, or all that are parked."""

    help = "Apply Stripe events again; an applied one is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take event ids, or --parked."""
        parser.add_argument("event", nargs="*", help="ids, such as evt_1Abc")
        parser.add_argument("--parked", action="store_true", help="all that are parked")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply each and print what became of it; fail when one could not be applied."""
        ids = list(options["event"])
        if options["parked"]:
            parked = StripeEvent.objects.filter(state=EventState.PARKED).order_by("received_at")
            ids += parked.values_list("pk", flat=True)
        failed = 0
        for event_id in ids:
            try:
                outcome = services.apply_event(event_id=event_id, at=clock.now()).value
            except DomainError as error:
                outcome, failed = f"failed: {error.message}", failed + 1
            self.stdout.write(f"{event_id} {outcome}")
        if failed:
            raise CommandError(f"{failed} of {len(ids)} events could not be applied")
