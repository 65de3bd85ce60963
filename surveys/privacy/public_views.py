"""The customer's preference page: how often they are asked, what is known of them, what they answered. See docs/privacy.md.

GET shows, POST acts; a form is accepted from our own page with its nonce. There is no cookie.
"""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.actions import preferences as wishes
from surveys.customers.actions.preferences import YEARLY, Rest
from surveys.privacy import choosing, own_data, preferences
from surveys.privacy.preferences import NEVER, NORMAL, PAUSES, RARELY, Preferences
from surveys.privacy.public_forms import AboutMeForm
from surveys.responses import actions as responses
from surveys.responses import evidence, public_http, survey_queries
from surveys.responses.public_brand import branded, preferences_url
from surveys.responses.public_http import signed_page
from surveys.responses.survey import Survey

SEE_OTHER: Final = 303
SAVED, SENT, ENOUGH = "saved", "sent", "enough"


@signed_page(Purpose.PREFERENCES, "GET", "POST")
def page(request: HttpRequest, invitation: int) -> HttpResponse:
    """Of the customer whom the invitation belongs to now: a link in an old mail works for years, and after a merge."""
    survey = survey_queries.survey_of(invitation)
    if survey is None or survey.is_anyones:
        return public_http.not_found()
    found = preferences.of(survey, timezone.now())
    if found is None:
        return gone(survey)
    if request.method != "POST":
        return _show(found, said=request.GET.get("said", ""))
    if not (evidence.is_same_origin(request) and public_http.is_nonce(request.POST.get("nonce", ""), invitation)):
        return _show(found, status=403, is_stale=True, about=AboutMeForm(found.customer, request.POST))
    return _act(request, found)


def gone(survey: Survey) -> HttpResponse:
    """The customer was erased, or deleted: nothing is left to choose."""
    return public_http.page("public/preferences_gone.html", branded(survey), language=survey.language)


def _act(request: HttpRequest, found: Preferences) -> HttpResponse:
    for name, act in _ACTS.items():
        if name in request.POST:
            try:
                said = act(request, found)
            except wishes.NotThere:
                return gone(found.survey)
            except wishes.TooOften:
                return _show(found, status=429, is_crowded=True)
            return said if isinstance(said, HttpResponse) else _back(found, said)
    return _show(found)


def _back(found: Preferences, said: str) -> HttpResponse:
    address = preferences_url(found.survey.invitation)
    return HttpResponseRedirect(f"{address}?said={said}", status=SEE_OTHER)


# ── Acts ──


def _choose_often(request: HttpRequest, found: Preferences) -> str:
    often = request.POST["often"]
    if not found.is_mailed or often not in (NORMAL, RARELY, NEVER):
        return ""
    if often == NEVER:
        responses.unsubscribe(survey=found.survey, at=found.at)
        return SAVED
    choosing.ask_again(they=found, rest=Rest(YEARLY if often == RARELY else 0, found.customer.resting_until))
    return SAVED


def _pause(request: HttpRequest, found: Preferences) -> str:
    months = request.POST["pause"]
    if months not in map(str, PAUSES):
        return ""
    rest = Rest(found.customer.rest_days, found.after(int(months)))
    wishes.choose(customer=found.customer, rest=rest, at=found.at)
    return SAVED


def _go_on(request: HttpRequest, found: Preferences) -> str:
    wishes.choose(customer=found.customer, rest=Rest(found.customer.rest_days), at=found.at)
    return SAVED


def _correct(request: HttpRequest, found: Preferences) -> HttpResponse | str:
    if not found.organization.customers_may_correct:
        return ""
    with translation.override(found.language):
        about = AboutMeForm(found.customer, request.POST)
        is_valid = about.is_valid()
    if not is_valid:
        return _show(found, status=400, about=about)
    wishes.correct(customer=found.customer, at=found.at, **about.cleaned_data)
    return SAVED


def _send_link(request: HttpRequest, found: Preferences) -> str:
    try:
        own_data.send_link(of=found, at=found.at)
    except own_data.TooMany:
        return ENOUGH
    except own_data.NotAllowed:
        return ""
    return SENT


_ACTS: Final[dict[str, Callable[[HttpRequest, Preferences], HttpResponse | str]]] = {
    "often": _choose_often,
    "pause": _pause,
    "go_on": _go_on,
    "correct": _correct,
    "link": _send_link,
}


# ── Showing ──


def _show(found: Preferences, *, status: int = 200, said: str = "", **more: Any) -> HttpResponse:
    context = {
        **branded(found.survey, found.language),
        "they": found,
        "said": said,
        "about": AboutMeForm(found.customer),
        "nonce": public_http.make_nonce(found.survey.invitation),
        "action": preferences_url(found.survey.invitation),
        "answers": [(given, _change(given)) for given in found.answers],
        **more,
    }
    with translation.override(found.language):
        return public_http.page("public/preferences.html", context, language=found.language, status=status)


def _change(given: preferences.Given) -> str:
    """Where the answer can be changed; nothing when its time is over, or another mail asked for it."""
    if given.survey is None or not given.is_open:
        return ""
    return reverse("public:page", args=[tokens.make(Purpose.ANSWER, given.survey.invitation)])


@signed_page(Purpose.TEST, "GET", "POST")
def trial(request: HttpRequest, campaign: int) -> HttpResponse:
    """Behind the links of test mails: what the page is for. Nothing is recorded."""
    survey = survey_queries.survey_of_test(campaign, timezone.now())
    if survey is None:
        return public_http.not_found()
    return public_http.page("public/preferences_test.html", branded(survey), language=survey.language)
