"""What is shown while figures are being counted: on pages (analytics.showing), and where nothing but figures is shown."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from surveys.analytics.actions import scans
from surveys.analytics.counting.scanning import Unfinished

ACCEPTED: Final = 202
AGAIN: Final = "4"  # seconds until the browser asks again


@dataclass(frozen=True)
class Progress:
    """How many responses (and invitations) are counted, of how many."""

    counted: int
    among: int
    is_waiting: bool
    error: str


def progress(unfinished: Unfinished) -> Progress:
    """How far it is; asking keeps the count going."""
    found = scans.ask(unfinished.missing, at=timezone.now())
    errors = [scan.error for scan in found if scan.error]
    among = sum(missing.among for missing in unfinished.missing)
    left = sum(missing.left for missing in unfinished.missing)
    return Progress(among - left, among, is_waiting=not found, error=errors[0] if errors else "")


def counting(request: HttpRequest, unfinished: Unfinished) -> HttpResponse:
    """In place of a file or a sheet of figures: the browser asks again by itself, and then gets it."""
    response = render(request, "analytics/counting.html", {"scanning": progress(unfinished)}, status=ACCEPTED)
    return asking_again(response)


def asking_again(response: HttpResponse) -> HttpResponse:
    response["Refresh"] = AGAIN
    return response
