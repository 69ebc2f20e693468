"""How codes of coupons are written and made. Pure but for the random generator of the system."""

import secrets

from bakery.kernel.errors import Invalid

MIN_LENGTH, MAX_LENGTH = 4, 30
# Letters and digits that are not mistaken for one another on paper.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
# 31 ** 10 is about 8e14: with a thousand codes in use a guess is right once in 8e11.
RANDOM_LENGTH = 10
MAX_PREFIX = 12


def normal_coupon_code(text: str) -> str:
    """Return a typed code as it is stored: capitals, without spaces and dashes; "" for none.

    What cannot be a code (another character, too long) is "": nobody has such a code.
    """
    if len(text) > 4 * MAX_LENGTH:
        return ""
    kept = "".join(char for char in text.upper() if not char.isspace() and char not in "-_\u2013")
    is_code = kept.isascii() and kept.isalnum() and len(kept) <= MAX_LENGTH
    return kept if is_code else ""


def check_coupon_code(text: str) -> str:
    """Return the code that staff chose, as it is stored; raise `Invalid` ``bad_code``."""
    code = normal_coupon_code(text)
    if len(code) < MIN_LENGTH:
        raise Invalid(
            "bad_code",
            f"A code has {MIN_LENGTH} to {MAX_LENGTH} letters and digits.",
            details={"field": "code"},
        )
    return code


def check_prefix(text: str) -> str:
    """Return a prefix for random codes, possibly empty; raise `Invalid` ``bad_prefix``."""
    prefix = normal_coupon_code(text)
    if (text.strip() and not prefix) or len(prefix) > MAX_PREFIX:
        raise Invalid(
            "bad_prefix",
            f"A prefix has at most {MAX_PREFIX} letters and digits.",
            details={"field": "prefix"},
        )
    return prefix


def random_coupon_code(prefix: str = "") -> str:
    """Return a code that nobody guesses, behind ``prefix``."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
