"""Order numbers: short enough to say at the counter, too many to guess."""

import secrets
from datetime import date

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, so that a number
# read aloud or off a receipt cannot be taken for another.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SUFFIX_LENGTH = 4
SUFFIXES = len(ALPHABET) ** SUFFIX_LENGTH
PICKUP_LENGTH = 6


# A request for a custom cake has its number long before its order: with one character more, it is
# none that an order placed meanwhile could draw.
REQUEST_LENGTH = SUFFIX_LENGTH + 1


def order_number(day: date, entropy: int, *, length: int = SUFFIX_LENGTH) -> str:
    """Return ``B-YYMMDD-XXXX`` for the shop's ``day``, ending in ``length`` characters.

    ``entropy`` is random, below 32 ** ``length``.
    """
    if not 0 <= entropy < len(ALPHABET) ** length:
        raise ValueError(f"entropy must be below {len(ALPHABET) ** length}")
    suffix = ""
    for _ in range(length):
        entropy, digit = divmod(entropy, len(ALPHABET))
        suffix = ALPHABET[digit] + suffix
    return f"B-{day:%y%m%d}-{suffix}"


def new_pickup_code() -> str:
    """Return six random characters to be said at the counter; it is asked for with the number."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PICKUP_LENGTH))
