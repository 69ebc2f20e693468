"""How changes to accounts are written into the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bakery.kernel import audit


def note(
    *,
    user_id: int,
    action: str,
    actor: str,
    at: datetime,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Append one entry about a user; ``actor`` is ``user:{id}``, ``customer`` or ``system``."""
    audit.record(
        actor=actor,
        action=f"accounts.user.{action}",
        object_type="accounts.user",
        object_id=user_id,
        changes=changes,
        reason=reason,
        at=at,
    )
