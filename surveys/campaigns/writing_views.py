"""Writing a campaign: how it begins, its message, its audience."""

from typing import Any, Final

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import actions, pages, presenting, queries
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.forms import StartForm
from surveys.campaigns.message_forms import MessageForms
from surveys.campaigns.models import Campaign
from surveys.campaigns.starts import STARTS
from surveys.core import brand, languages
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.catalogue import Catalogue
from surveys.customers.queries import segments as customers

EXCLUSIONS: Final = "x"  # the letter of the builder about who is left out


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: OrganizationRequest) -> HttpResponse:
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        start = STARTS[form.cleaned_data["start"]]
        dates = [key for key, _label in queries.date_properties(request.organization)]
        campaign = actions.create(
            name=form.cleaned_data["name"],
            texts=start.texts(languages.ours(request.organization.default_language)),
            rules=start.rules_with(dates),
            by=request.membership,
            at=timezone.now(),
        )
        return pages.to(request, "message", campaign.pk)
    return pages.page(request, "campaigns/new.html", form=form, starts=list(STARTS.values()))


# ── The message ──────────────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Adding and removing variants posts here too; only "save" stores."""
    campaign = access.get(request.membership, Campaign, pk)
    if request.method != "POST":
        if campaign.is_over:
            return pages.to(request, "detail", pk)
        return _message_page(request, campaign, MessageForms.of(campaign))
    forms = MessageForms.of(campaign, request.POST)
    if "save" not in request.POST or not forms.is_sound:
        return _message_page(request, campaign, forms)
    return pages.edited(
        request,
        campaign,
        Part.MESSAGE,
        lambda: actions.edit_message(campaign=campaign, change=forms.apply, **pages.hand(request)),
        lambda seen: _message_page(request, campaign, forms, seen),
    )


def _message_page(
    request: OrganizationRequest, campaign: Campaign, forms: MessageForms, seen: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "forms": forms,
        "is_unsaved": request.method == "POST",
        "readings": _readings(forms.sender.color or request.organization.brand_color),
        "placeholders": presenting.known_placeholders(),
        "fallback_example": "{{ first_name|there }}",
    }
    return pages.step(request, "campaigns/message.html", campaign, Part.MESSAGE, seen=seen, **context)


def _readings(colour: str) -> list[brand.Reading]:
    return [brand.Reading(ground, colour) for ground in (brand.LIGHT_GROUND, brand.DARK_GROUND)]


# ── The audience ─────────────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Choosing, adding and removing conditions posts here too; only "save" stores them."""
    campaign = access.get(request.membership, Campaign, pk)
    if campaign.is_over and request.method != "POST":
        return pages.to(request, "detail", pk)
    known = customers.customer_catalogue(request.organization)
    builder, excluding = _builders(request, campaign, known)
    inside, outside = builder.tree, excluding.tree
    if "save" not in request.POST or inside is None or outside is None:
        return _audience_page(request, campaign, builder, excluding)
    return pages.edited(
        request,
        campaign,
        Part.AUDIENCE,
        lambda: actions.choose_audience(campaign=campaign, audience=inside, exclusions=outside, **pages.hand(request)),
        lambda seen: _audience_page(request, campaign, builder, excluding, seen),
    )


def _builders(request: OrganizationRequest, campaign: Campaign, known: Catalogue) -> tuple[Builder, Builder]:
    """Who is asked, and who of them is not."""
    if request.method != "POST":
        audience = Builder.of_json(campaign.audience, known)
        return audience, Builder.of_json(campaign.exclusions, known, EXCLUSIONS)
    is_strict = "save" in request.POST
    audience = Builder.typed(request.POST, known, is_strict=is_strict)
    return audience, Builder.typed(request.POST, known, is_strict=is_strict, letter=EXCLUSIONS)


def _audience_page(
    request: OrganizationRequest, campaign: Campaign, builder: Builder, excluding: Builder, seen: str = ""
) -> HttpResponse:
    inside, outside = builder.tree, excluding.tree
    asked = queries.without(inside, outside) if inside is not None and outside is not None else None
    result = customers.meaning(request.organization, asked, builder.catalogue, at=timezone.now())
    context: dict[str, Any] = {
        "builder": builder,
        "excluding": excluding,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "size": result.size,
        "people": result.people,
        "sentence": _but_not(builder, excluding) if outside else "",
    }
    return pages.step(request, "campaigns/audience.html", campaign, Part.AUDIENCE, seen=seen, **context)


def _but_not(builder: Builder, excluding: Builder) -> str:
    if not excluding.tree or not excluding.tree.parts:
        return builder.sentence
    return _("%(everyone)s, but not: %(these)s") % {"everyone": builder.sentence, "these": excluding.sentence}
