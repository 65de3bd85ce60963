"""What previews share: whose eyes they are seen through, which words, and a frame in which nothing can run."""

from collections.abc import Callable
from typing import Any, Final, cast

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from surveys.campaigns import queries
from surveys.campaigns.forms import TextsForm
from surveys.campaigns.models import Campaign, Wording

NAME: Final = "Ada Okafor"
EMAIL: Final = "ada@example.com"

# Mails style inline; nothing else is allowed, and the sandbox holds even when the address is opened by itself.
_POLICY: Final = {
    "default-src": [NONE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": [True],
}

View = Callable[..., HttpResponse]


def in_a_frame(view: View) -> View:
    """For views that are shown in a sandboxed frame of our own pages."""
    return cast(View, never_cache(csp(_POLICY)(view)))


def wording(campaign: Campaign, request: HttpRequest) -> Wording:
    """The stored words, or those that are being typed when they were posted; not stored, whether valid or not."""
    words = queries.wording(campaign)
    if request.method == "POST":
        typed: dict[str, Any] = TextsForm(request.POST, instance=words).draft_texts().as_dict()
        words = Wording(language=words.language, version=words.version, **typed)
    return words
