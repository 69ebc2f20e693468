"""Writes of this app. ``reference`` names a sale; what it is, only the caller knows."""

from apps.loyalty.services.bank import amend, consume, give_back, release, reserve, retake
from apps.loyalty.services.points import earn, take_back

__all__ = [
    "amend",
    "consume",
    "earn",
    "give_back",
    "release",
    "reserve",
    "retake",
    "take_back",
]
