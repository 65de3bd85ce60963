"""The step "Questions and thanks"."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import pages, presenting, queries
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.models import Campaign
from surveys.campaigns.question_forms import QuestionsForm
from surveys.campaigns.question_parts import KINDS
from surveys.campaigns.texts import Words


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Adding, moving and removing posts here too; only "save" stores."""
    campaign = access.get(request.membership, Campaign, pk)
    if campaign.is_over:
        return pages.to(request, "detail", pk)
    if request.method != "POST":
        stored = QuestionsForm.of(queries.design(campaign), Words.of(queries.wording(campaign)))
        return _page(request, campaign, stored)
    form = QuestionsForm.typed(request.POST, is_strict="save" in request.POST)
    if "save" not in request.POST:
        form = form.after(request.POST.get("do", ""), queries.part_keys(campaign))
    if "save" not in request.POST or not form.is_sound:
        return _page(request, campaign, form)
    return pages.edited(
        request,
        campaign,
        Part.QUESTIONS,
        lambda: _save(request, campaign, form),
        lambda seen: _page(request, campaign, form, seen),
    )


def _save(request: OrganizationRequest, campaign: Campaign, form: QuestionsForm) -> None:
    seen, at = request.POST.get(pages.SEEN, ""), timezone.now()
    with versions.edited(campaign=campaign, by=request.membership, at=at, part=Part.QUESTIONS, seen=seen) as edit:
        form.apply(edit)


def _page(request: OrganizationRequest, campaign: Campaign, form: QuestionsForm, seen: str = "") -> HttpResponse:
    return pages.step(
        request,
        "campaigns/questions.html",
        campaign,
        Part.QUESTIONS,
        seen=seen,
        form=form,
        kinds=[(kind.value, label) for kind, label in KINDS.items()],
        here=request.get_full_path(),
        is_unsaved=request.method == "POST",
        has_errors=form.is_strict and not form.is_sound,
        placeholders=presenting.known_placeholders(),
        fallback_example="{{ first_name|there }}",
    )
