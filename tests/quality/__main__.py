"""Prints what docs/comments.md says; run by `make quality`. With "start", makes the shipped start again. Needs no server."""

import sys

import django

django.setup()

from surveys.comments.mind import shipping  # noqa: E402  (Django first)
from tests.quality import measure  # noqa: E402

if sys.argv[1:] == ["start"]:
    shipping.write()
else:
    measure.report(print)
