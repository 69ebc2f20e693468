"""The database backend of settings.DATABASES; the name of this module is Django's."""

import time
from typing import Any

from django.db.backends.postgresql import base

# Within this time a connection that worked is believed to work: at most so long after a restart
# of PostgreSQL do requests on kept connections get a 503 instead of a fresh connection.
BELIEVED_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks a kept connection for a sign of life once a second rather than at every request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._believed_until = 0.0

    def is_usable(self) -> bool:
        """Tell whether the connection works; after an error it is always asked."""
        if not self.errors_occurred and time.monotonic() < self._believed_until:
            return True
        usable: bool = super().is_usable()
        self._believed_until = time.monotonic() + BELIEVED_SECONDS if usable else 0.0
        return usable

    def close(self) -> None:
        """Close the connection; the next one has to earn belief anew."""
        self._believed_until = 0.0
        super().close()
