"""The step "Languages": which ones a campaign speaks, and its texts in each of them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import actions, language_words, pages, presenting, queries, steps
from surveys.campaigns.actions import translating
from surveys.campaigns.language_forms import TranslationForm
from surveys.campaigns.models import Campaign
from surveys.core import languages as ours


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_safe
def all_of(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    if campaign.is_over:
        return pages.to(request, "detail", pk)
    known = queries.words(campaign)
    spoken = queries.speakers(campaign, at=timezone.now())
    removed = request.GET.get("removed", "")
    return pages.page(
        request,
        "campaigns/languages.html",
        campaign=campaign,
        steps=steps.of(campaign, "languages"),
        next_step=steps.after("languages"),
        rows=language_words.rows(known, queries.design(campaign), spoken),
        wanted=language_words.wanted(known, spoken),
        others=[(code, name) for code, name in ours.choices() if code not in known],
        removed=removed if removed in ours.ALL and removed not in known else "",
        removed_name=ours.name(removed),
    )


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: OrganizationRequest, pk: int, language: str) -> HttpResponse:
    """All texts of one language, beside those of the main one."""
    campaign = access.get(request.membership, Campaign, pk)
    known, design = queries.words(campaign), queries.design(campaign)
    main = next(iter(known))
    if language not in known:
        raise Http404
    if campaign.is_over or language == main:
        return pages.to(request, "detail" if campaign.is_over else "message", pk)
    form = TranslationForm(known[main], known[language], design, language=language, data=request.POST or None)

    def shown(seen: str = "") -> HttpResponse:
        return pages.page(
            request,
            "campaigns/language.html",
            campaign=campaign,
            steps=steps.of(campaign, "languages"),
            language=language,
            language_name=ours.name(language),
            own_name=ours.own_name(language),
            main=main,
            main_name=ours.name(main),
            main_direction="rtl" if ours.is_right_to_left(main) else "ltr",
            form=form,
            missing=form.missing,
            outdated=form.outdated,
            seen=seen or request.POST.get(pages.SEEN) or translating.stamp(known[language]),
            in_this_language=f"language={language}",
            mails=language_words.mails(known[main], design),
            placeholders=presenting.known_placeholders(),
            fallback_example="{{ first_name|there }}",
        )

    if request.method != "POST" or not form.is_valid():
        return shown()
    return _translated(request, campaign, language, form, shown)


def _translated(
    request: OrganizationRequest,
    campaign: Campaign,
    language: str,
    form: TranslationForm,
    shown: Callable[[str], HttpResponse],
) -> HttpResponse:
    try:
        actions.translate(
            campaign=campaign,
            language=language,
            said=form.said(),
            by=request.membership,
            at=timezone.now(),
            seen=request.POST.get(pages.SEEN, ""),
        )
    except actions.NotEditable:
        messages.error(request, _("Not saved: the campaign is over, and what it said stays as it was."))
        return pages.to(request, "detail", campaign.pk)
    except actions.NotALanguage:
        messages.error(request, _("Not saved: somebody has removed this language meanwhile. Undo is on this page."))
        return _to_all(request, campaign.pk, f"?removed={language}")
    except actions.EditedMeanwhile:
        messages.warning(request, pages.told())
        return shown(translating.stamp(queries.words(campaign)[language]))
    messages.success(request, _("Saved."))
    if request.POST.get("save") == "languages":
        return _to_all(request, campaign.pk)
    return _to_one(request, campaign.pk, language)


@require_POST
def add(request: OrganizationRequest, pk: int) -> HttpResponse:
    language = request.POST.get("language", "")
    return _changed(request, pk, language, actions.add_language, _to_one)


@require_POST
def remove(request: OrganizationRequest, pk: int, language: str) -> HttpResponse:
    def back(request: OrganizationRequest, pk: int, language: str) -> HttpResponse:
        return _to_all(request, pk, f"?removed={language}")

    return _changed(request, pk, language, actions.remove_language, back)


@require_POST
def restore(request: OrganizationRequest, pk: int, language: str) -> HttpResponse:
    return _changed(request, pk, language, actions.restore_language)


@require_POST
def main(request: OrganizationRequest, pk: int, language: str) -> HttpResponse:
    return _changed(request, pk, language, actions.make_main)


def _changed(
    request: OrganizationRequest,
    pk: int,
    language: str,
    act: Callable[..., None],
    then: Callable[[OrganizationRequest, int, str], HttpResponse] | None = None,
) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    try:
        act(campaign=campaign, language=language, by=request.membership, at=timezone.now())
    except actions.NotEditable:
        messages.error(request, _("Not changed: the campaign is over, and what it said stays as it was."))
        return pages.to(request, "detail", pk)
    except actions.Incomplete:
        messages.error(request, _("Texts are missing in this language. When it is complete it can be the main one."))
    except actions.NotRemoved:
        messages.info(request, _("This language is there already."))
    except actions.NotALanguage:
        messages.error(request, _("Not changed: that is no language of this campaign that this can be done to."))
    else:
        return then(request, pk, language) if then else _to_all(request, pk)
    return _to_all(request, pk)


def _to_all(request: OrganizationRequest, pk: int, query: str = "") -> HttpResponseRedirect:
    return redirect(access.url(request.organization, "campaigns:languages", pk=pk) + query)


def _to_one(request: OrganizationRequest, pk: int, language: str) -> HttpResponseRedirect:
    return redirect(access.url(request.organization, "campaigns:language", pk=pk, language=language))
