"""Argon2id as configured for tests."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """The production algorithm at the lowest cost, so that test suites stay fast."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
