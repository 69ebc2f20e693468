"""`manage.py sync_schedules`: write the schedule that is in the code into beat's tables."""

from typing import Any

from django.core.management.base import BaseCommand

from bakery.edge.schedules import ENTRIES, sync_schedules


class Command(BaseCommand):
    """Run after each migrate."""

    help = "Write the schedule of periodic tasks into the database."

    def handle(self, *args: Any, **options: Any) -> None:
        """Synchronise and say what changed."""
        changed = sync_schedules()
        for task in changed:
            self.stdout.write(f"changed: {task}")
        self.stdout.write(f"{len(ENTRIES)} schedules, {len(changed)} changed")
