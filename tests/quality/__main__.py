"""Prints what docs/comments.md says; run by `make quality`. Needs no server."""

import django

django.setup()

from tests.quality import measure  # noqa: E402  (Django first)

measure.report(print)
