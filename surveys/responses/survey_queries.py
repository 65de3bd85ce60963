"""The customer's page, read for whoever opens a link, a test or a preview."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection

from surveys.campaigns import queries as campaigns
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, Wording
from surveys.responses import survey
from surveys.responses.models import ClickEvent
from surveys.responses.survey import Survey
from surveys.responses.verdicts import HUMAN_ACTS


def survey_of(invitation: int) -> Survey | None:
    """One statement; None when there is no such invitation."""
    return run_survey(survey.READ, {"invitation": invitation})


def run_survey(statement: str, parameters: Mapping[str, Any]) -> Survey | None:
    """Run one of the statements of `responses.survey`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
        names = [column.name for column in cursor.description]
    return Survey.of_row(dict(zip(names, row, strict=True))).filled() if row else None


def is_said(survey: Survey) -> bool:
    """The answer counts, or was sent from the page, by whatever: a link alone, which robots open too, has said nothing."""
    if survey.is_confirmed or survey.is_firm:
        return True
    told = ClickEvent.objects.filter(organization=survey.organization, invitation_id=survey.invitation)
    return told.filter(kind__in=HUMAN_ACTS).exists()


def survey_of_test(campaign_id: int, at: datetime) -> Survey | None:
    """The campaign's page for the links of test sends: as of a customer without a name, and never closed."""
    campaign = Campaign.objects.select_related("organization").filter(pk=campaign_id).first()
    wording = campaigns.wordings(campaign).first() if campaign else None
    if not (campaign and wording):
        return None
    return _pretended(campaign, campaigns.design(campaign), wording, at).filled()


def survey_of_words(
    campaign: Campaign, design: Design, wording: Wording, *, name: str, email: str, at: datetime
) -> Survey:
    """The page that these words would make for somebody; neither design nor wording need be stored."""
    return replace(_pretended(campaign, design, wording, at), customer_name=name, customer_email=email).filled()


def _pretended(campaign: Campaign, design: Design, wording: Wording, at: datetime) -> Survey:
    return Survey(
        invitation=0,
        organization=campaign.organization_id,
        campaign=campaign.pk,
        customer=0,
        property_set=None,
        asked_in=wording.language,
        unsubscribed_at=None,
        closes_at=at + survey.FOREVER,
        company=campaign.organization.name,
        brand_color=campaign.organization.brand_color,
        logo_digest=campaign.organization.logo_digest,
        logo_width=campaign.organization.logo_width,
        logo_height=campaign.organization.logo_height,
        time_zone=campaign.organization.time_zone,
        language=wording.language,
        question=wording.question,
        low_label=wording.low_label,
        high_label=wording.high_label,
        comment_prompt=wording.comment_prompt,
        thanks_promoter=wording.thanks_promoter,
        thanks_passive=wording.thanks_passive,
        thanks_detractor=wording.thanks_detractor,
        customer_name="",
        customer_email="",
        suppression="",
        design=design,
        prompts=wording.prompts,
        question_words=wording.questions,
        link_words=wording.links,
    )
