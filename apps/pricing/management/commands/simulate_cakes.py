"""`manage.py simulate_cakes`: write decisions of a made-up bakery, to try training with."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.pricing import services
from apps.pricing.rules.past_json import line_of
from apps.pricing.rules.simulation import NOISE, noise_floor
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class Command(BaseCommand):
    """Writes lines of JSON; nothing gets into the database."""

    help = "Write simulated decisions for train_pricing --data."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many, and how noisy."""
        parser.add_argument("--n", type=int, default=2000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--noise", type=float, default=NOISE, help="Sigma of the logarithm of a price."
        )
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them, and say what error is the least possible."""
        at, path = clock.now(), options["out"]
        try:
            cakes = services.simulate_cakes(
                n=options["n"], seed=options["seed"], noise=options["noise"], until=at, at=at
            )
            path.write_text("".join(f"{line_of(cake)}\n" for cake in cakes), encoding="utf-8")
        except DomainError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error}") from error
        self.stdout.write(
            f"{len(cakes)} simulated decisions in {path}; no model can have a lower mean absolute"
            f" error on the logarithm than {noise_floor(options['noise']):.4f}"
        )
