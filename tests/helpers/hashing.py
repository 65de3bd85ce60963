"""Passwords of tests, hashed as the product does and a thousand times as fast."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The number of rounds stands in the hash: processes beside the tests understand it, and it theirs."""

    iterations = 1_000
