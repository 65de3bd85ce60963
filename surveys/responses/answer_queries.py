"""Answers to the questions after the score, in words: as the version that somebody was asked with has them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.accounts.models import Organization
from surveys.campaigns.design import EVERY_CATEGORY, Design, Question, QuestionKind
from surveys.campaigns.models import CampaignVersion, Wording
from surveys.core import nps, placeholders
from surveys.core.choices import Category
from surveys.delivery.models import Invitation
from surveys.responses.models import Answer, Response
from surveys.responses.questionnaire import Value

Version = tuple[int, int]  # campaign, number


@dataclass(frozen=True)
class Told:
    """One answer. `asked_as` names the categories that the question is for when the score has left them since."""

    key: str
    question: str
    value: str
    asked_as: str = ""
    is_text: bool = False


@dataclass(frozen=True)
class _Asked:
    """A version's questions, by key and in their order, and their words in the campaign's main language."""

    questions: Mapping[str, Question]
    words: Mapping[str, Any]

    def told(self, key: str, value: Value, response: Response, company: str) -> Told:
        question, words = self.questions.get(key), self.words.get(key, {})
        customer = response.customer
        known = placeholders.values(name=customer.name if customer else "", email="", company=company)
        text = placeholders.fill(placeholders.parse(words.get("text", "")), known) or key
        return Told(
            key, text, _value(value, question, words), _asked_as(question, response.score), isinstance(value, str)
        )

    def place(self, key: str) -> int:
        return list(self.questions).index(key) if key in self.questions else len(self.questions)


_UNKNOWN = _Asked({}, {})


def _value(value: Value, question: Question | None, words: Mapping[str, Any]) -> str:
    if isinstance(value, list):
        labels = words.get("options", {})
        return ", ".join(labels.get(key, key) for key in value)
    if question and question.kind is QuestionKind.SCALE:
        return f"{value} / {question.scale_max}"
    return str(value)


def _asked_as(question: Question | None, score: int) -> str:
    categories = question.categories if question else EVERY_CATEGORY
    if nps.classify(score) in categories:
        return ""
    return ", ".join(str(each.label).lower() for each in Category if each in categories)


def told(organization: Organization, responses: Sequence[Response]) -> dict[int, list[Told]]:
    """By response, in the order of the questions; four statements at most, however many responses there are."""
    said = _said(organization, responses)
    if not said:
        return {}
    answered = [response for response in responses if response.pk in said]
    versions = _versions(answered)
    asked = _asked(organization, set(versions.values()))
    return {
        response.pk: _in_order(asked.get(versions[response.pk], _UNKNOWN), said[response.pk], response, organization)
        for response in answered
    }


def _in_order(asked: _Asked, said: Mapping[str, Value], response: Response, organization: Organization) -> list[Told]:
    keys = sorted(said, key=asked.place)
    return [asked.told(key, said[key], response, organization.name) for key in keys]


def _said(organization: Organization, responses: Iterable[Response]) -> dict[int, dict[str, Value]]:
    found = Answer.objects.filter(organization=organization, response__in=[response.pk for response in responses])
    said: dict[int, dict[str, Value]] = defaultdict(dict)
    for pk, key, value in found.order_by("id").values_list("response", "question", "value"):
        said[pk][key] = value
    return said


def _versions(responses: Sequence[Response]) -> dict[int, Version]:
    """Of the campaign of each response; an answer without an invitation was to the first."""
    invitations = [each.invitation_id for each in responses if each.invitation_id]
    numbers = dict(Invitation.objects.filter(pk__in=invitations).values_list("pk", "version"))
    return {each.pk: (each.campaign_id, numbers.get(each.invitation_id or 0, 1)) for each in responses}


def _asked(organization: Organization, wanted: set[Version]) -> dict[Version, _Asked]:
    of_campaigns = {"organization": organization, "campaign__in": {campaign for campaign, _number in wanted}}
    designs = CampaignVersion.objects.filter(**of_campaigns, number__in={number for _campaign, number in wanted})
    wordings = Wording.objects.filter(**of_campaigns, version__in={number for _campaign, number in wanted})
    words: dict[Version, Any] = {}
    for campaign, number, questions in wordings.order_by("id").values_list("campaign", "version", "questions"):
        words.setdefault((campaign, number), questions)  # the main language comes first
    return {
        (campaign, number): _Asked(
            {each.key: each for each in Design.read(stored).questions}, words.get((campaign, number), {})
        )
        for campaign, number, stored in designs.values_list("campaign", "number", "design")
    }
