"""A campaign that asks more than the score: of promoters something else than of detractors."""

from typing import Any

import pytest
from django.utils import timezone

from surveys.campaigns.design import Design, Link, Question, QuestionKind
from surveys.campaigns.models import Campaign, CampaignVersion, Wording
from surveys.core.choices import Category
from surveys.responses.models import Answer
from tests.responses.mail import Mail

PROMOTERS = frozenset({Category.PROMOTER})
OTHERS = frozenset({Category.PASSIVE, Category.DETRACTOR})
EVERYBODY = frozenset(Category)

QUESTIONS = (
    Question("q1", QuestionKind.SCALE, EVERYBODY, scale_max=7),
    Question("q2", QuestionKind.ONE, OTHERS, ("o1", "o2", "o3")),
    Question("q3", QuestionKind.MANY, EVERYBODY, ("o1", "o2")),
    Question("q4", QuestionKind.TEXT, OTHERS),
    Question("q5", QuestionKind.TEXT, PROMOTERS),
)
WORDS: dict[str, Any] = {
    "q1": {"text": "How easy was it, {{ first_name|there }}?", "low": "Very hard", "high": "Very easy"},
    "q2": {"text": "What went wrong?", "options": {"o1": "Too slow", "o2": "Too dear", "o3": "Something <else>"}},
    "q3": {"text": "What did you try?", "options": {"o1": "Web shop", "o2": "Hotline"}},
    "q4": {"text": "What should we mend first?"},
    "q5": {"text": "Whom would you tell?"},
}
LINKS = (Link("l1", "https://reviews.example/acme"), Link("l2", "https://friends.example/", PROMOTERS))


def asks(campaign: Campaign, design: Design | None = None, **words: Any) -> None:
    """The campaign's current version is this one."""
    design = design or Design(questions=QUESTIONS, links=LINKS)
    CampaignVersion.objects.update_or_create(
        organization=campaign.organization,
        campaign=campaign,
        number=campaign.version,
        defaults={"design": design.to_json(), "created_at": timezone.now()},
    )
    said = {"questions": WORDS, "links": {"l1": "Review us", "l2": "Tell a friend"}} | words
    Wording.objects.filter(campaign=campaign, version=campaign.version).update(**said)


@pytest.fixture
def asked(mail: Mail) -> Mail:
    """Ada's mail, of a campaign with questions."""
    asks(mail.invitation.campaign)
    return mail


def answers(mail: Mail) -> dict[str, Any]:
    return dict(Answer.objects.filter(response=mail.response).values_list("question", "value"))
