"""What can be chosen, requests with their revisions and pictures, offers, and what was said."""

from apps.custom_cakes.models.options import CakeOption
from apps.custom_cakes.models.quotes import Quote
from apps.custom_cakes.models.requests import (
    CakePhoto,
    CakeRequest,
    CakeRevision,
    CakeWish,
    RequestMessage,
    RequestTransition,
)

__all__ = [
    "CakeOption",
    "CakePhoto",
    "CakeRequest",
    "CakeRevision",
    "CakeWish",
    "Quote",
    "RequestMessage",
    "RequestTransition",
]
