"""`manage.py train_pricing`: train a version of a model, from decisions or from a file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.pricing import services
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.past_json import cake_of
from apps.pricing.states import ModelKind
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class Command(BaseCommand):
    """Trains here and now, whatever the schedule says, unless a training is under way."""

    help = "Train a version of the model of prices or of servings."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the kind and a file."""
        parser.add_argument("--kind", choices=ModelKind.values, default=ModelKind.PRICE.value)
        parser.add_argument(
            "--data",
            type=Path,
            help="Simulated decisions, as simulate_cakes writes them; without it the shop's own.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only show the figures.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, and print what came of it."""
        path: Path | None = options["data"]
        try:
            trained = services.train(
                kind=ModelKind(options["kind"]),
                actor="command line",
                at=clock.now(),
                cakes=_read(path) if path else None,
                dry_run=options["dry_run"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        if trained.metrics:
            self.stdout.write(json.dumps(trained.metrics, indent=2))
        self.stdout.write(f"{trained.name or options['kind']}: {trained.text}")


def _read(path: Path) -> list[PastCake]:
    try:
        with path.open(encoding="utf-8") as lines:
            return [
                cake_of(line, number=number)
                for number, line in enumerate(lines, start=1)
                if line.strip()
            ]
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
