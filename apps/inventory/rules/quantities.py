"""Which quantities and deltas are believable."""

from collections.abc import Mapping

from bakery.kernel.errors import Invalid

MAX_QUANTITY = 10_000
MAX_DELTA = 100_000


def check_quantities(quantities: Mapping[int, int]) -> None:
    """Raise `Invalid` unless every quantity is a whole number from 1 to `MAX_QUANTITY`."""
    for variant_id, quantity in quantities.items():
        # bool is an int to Python; True pieces of cake are a caller's mistake.
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            raise Invalid(
                "bad_quantity",
                f"A quantity is a whole number from 1 to {MAX_QUANTITY}.",
                details={"variant_id": variant_id},
            )


def check_delta(delta: int) -> None:
    """Raise `Invalid` unless ``delta`` is a whole number, not 0, of at most `MAX_DELTA`."""
    if type(delta) is not int or delta == 0 or abs(delta) > MAX_DELTA:
        raise Invalid(
            "bad_delta",
            f"A stock change is a whole number other than 0, at most {MAX_DELTA} either way.",
            details={"field": "delta"},
        )
