"""Argon2id at the cost that this platform pays, and as configured for tests."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class BakeryArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane: OWASP's first recommendation.

    Django's default takes 100 MiB and eight lanes, so that a handful of people who log in at
    once would take the memory and all cores of a small server. Stored hashes of another cost are
    replaced at the next log-in.
    """

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


class CheapArgon2(Argon2PasswordHasher):
    """The production algorithm at the lowest cost, so that test suites stay fast."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
