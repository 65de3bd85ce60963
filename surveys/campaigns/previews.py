"""What previews share: whose eyes they are seen through, which words, and a frame in which nothing can run."""

from collections.abc import Callable
from typing import Any, Final, cast

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from surveys.campaigns import languages, queries
from surveys.campaigns.design import Design
from surveys.campaigns.language_forms import TranslationForm
from surveys.campaigns.message_forms import MessageForms
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
    if "language" in request.GET:
        return _translated(campaign, request, request.GET["language"])
    words = queries.wording(campaign)
    for name, text in _typed(campaign, request).items():
        setattr(words, name, text)
    return words


def _translated(campaign: Campaign, request: HttpRequest, language: str) -> Wording:
    """In one of the campaign's languages; what is missing in it stands there in the main one, between marks."""
    known, design = queries.words(campaign), queries.design(campaign)
    main = next(iter(known))
    words = known.get(language)
    if words is None:
        raise Http404
    if request.method == "POST":
        form = TranslationForm(known[main], words, design, language=language, data=request.POST)
        words = languages.put(words, form.typed())
    marked = languages.marked(known[main], words, design)
    return Wording(language=language, version=campaign.version, **marked.as_dict())


def _typed(campaign: Campaign, request: HttpRequest) -> dict[str, Any]:
    """Of each step its own fields are posted."""
    if request.method != "POST":
        return {}
    forms = MessageForms.of(campaign, request.POST)
    texts = {name: text for name, text in forms.typed_texts().items() if name in request.POST}
    return texts | (forms.typed_parts() if "subject" in texts else {})


def design(campaign: Campaign, request: HttpRequest) -> Design:
    """The stored design, or what is being typed of it."""
    if request.method == "POST" and "subject" in request.POST:
        return MessageForms.of(campaign, request.POST).typed_design()
    return queries.design(campaign)
