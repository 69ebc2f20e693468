"""Two people at one draft: the second sees that the first was there."""

from apps.descriptions.models import Draft
from bakery.kernel.errors import Conflict


def expect_version(row: Draft, expected: int) -> None:
    """Raise `Conflict` ``stale_draft`` unless a locked draft is as the caller saw it."""
    if row.version != expected:
        raise Conflict(
            "stale_draft",
            "Somebody else changed this draft since you opened it. Reload the page.",
            details={"version": row.version},
        )
