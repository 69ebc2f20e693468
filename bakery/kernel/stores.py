"""What file stores have in common when they do not answer, on disk or in S3."""

import logging

import botocore.exceptions

from bakery.kernel.errors import Unavailable

logger = logging.getLogger(__name__)
# What a store raises that is down, full, or refuses us.
DOWN = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError)


def store_unavailable(error: Exception) -> Unavailable:
    """Return the refusal of who needs a store that raised ``error``, and log its kind."""
    logger.error("file storage unavailable", extra={"error": type(error).__name__})
    return Unavailable(
        "storage_unavailable",
        "The file storage does not answer right now. Nothing was changed; try again.",
        details={"retry_after": 5},
    )
