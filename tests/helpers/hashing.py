"""Passwords of tests, hashed as the product does and a thousand times as fast."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Not for tests with a process of the product beside them: that would hash anew, and so end the sessions."""

    iterations = 1_000
