"""Every edit of what a campaign says and does: in place while it is a draft, as a new version once it was launched."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, User
from surveys.accounts.permissions import Permission
from surveys.campaigns import queries
from surveys.campaigns.actions.refusals import EditedMeanwhile, Fixed, NotEditable
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, CampaignVersion, Kind, Status, Wording
from surveys.campaigns.rules import Rules
from surveys.campaigns.texts import Words
from surveys.customers.actions import relying
from surveys.customers.models import ConditionUser
from surveys.outbox import actions as outbox

_OF_WHOM_AND_HOW_MANY: Final = frozenset({"audience", "exclusions", "sample_share", "total_cap"})
_OVER: Final = (Status.ENDED, Status.ARCHIVED)


class Part(StrEnum):
    """What one step edits. Two people who edit different parts do not disturb each other."""

    MESSAGE = "message"
    QUESTIONS = "questions"
    LANGUAGES = "languages"
    AUDIENCE = "audience"
    RULES = "rules"


@dataclass
class Edit:
    """What a campaign says and does, to be changed in place: assign new values. `words` are by language, the main one
    first. `campaign` is the locked row as it was."""

    campaign: Campaign
    name: str
    design: Design
    rules: Rules
    words: dict[str, Words]

    @classmethod
    def of(cls, campaign: Campaign) -> "Edit":
        words = {each.language: Words.of(each) for each in queries.wordings(campaign)}
        return cls(campaign, campaign.name, queries.design(campaign), Rules.of(campaign), words)

    @property
    def main(self) -> str:
        """The language that it was written in first."""
        return next(iter(self.words))

    def content(self) -> dict[str, Any]:
        """Everything flat and as JSON has it; texts of other languages than the main one by "subject (de)"."""
        texts = {
            name if language == self.main else f"{name} ({language})": value
            for language, words in self.words.items()
            for name, value in _worded(words).items()
        }
        languages = {"languages": list(self.words)}
        return {"name": self.name} | self.rules.to_json() | _designed(self.design) | texts | languages

    def stamp(self, part: Part) -> str:
        """What this part is made of, in a few characters: a form carries it, and `edited` compares."""
        is_draft = self.campaign.is_draft
        shown = json.dumps([is_draft, _shown(self)[part]], sort_keys=True)
        return hashlib.blake2b(shown.encode(), digest_size=8).hexdigest()


def _designed(design: Design) -> dict[str, Any]:
    """The lists of a design are called otherwise than those of the words."""
    return {f"design_{name}": value for name, value in design.to_json().items()}


def _worded(words: Words) -> dict[str, Any]:
    """The texts of reminders are called otherwise than their number."""
    texts = words.as_dict()
    del texts["sources"]  # says nothing to customers: it makes no version
    return texts | {"reminder_texts": texts.pop("reminders")}


_MAIL: Final = ("subject", "intro", "question", "low_label", "high_label", "variants", "reminders")
_SENDER: Final = ("variants", "sender_name", "reply_to", "brand_color")
_WHOM: Final = ("audience", "exclusions")


def _shown(edit: Edit) -> dict[Part, Any]:
    words = edit.words[edit.main].as_dict()
    design, rules = edit.design.to_json(), edit.rules.to_json()
    return {
        Part.MESSAGE: [
            edit.name,
            {key: words[key] for key in words if key in _MAIL},
            {k: design.get(k) for k in _SENDER},
        ],
        Part.QUESTIONS: [
            {key: words[key] for key in words if key not in _MAIL},
            {key: design.get(key) for key in ("questions", "links")},
        ],
        Part.LANGUAGES: {language: each.as_dict() for language, each in edit.words.items()},
        Part.AUDIENCE: {key: rules[key] for key in _WHOM},
        Part.RULES: {key: rules[key] for key in rules if key not in _WHOM},
    }


def stamp(campaign: Campaign, part: Part) -> str:
    """What a form about this part carries, to be told when somebody else was faster."""
    return Edit.of(campaign).stamp(part)


def edited(
    *, campaign: Campaign, by: Membership, at: datetime, part: Part | None = None, seen: str = ""
) -> AbstractContextManager[Edit]:
    """Change what a campaign says or does; what differs at the end is stored, in one transaction:

        with versions.edited(campaign=campaign, by=by, at=at, part=Part.QUESTIONS, seen=stamp) as edit:
            edit.design = replace(edit.design, links=links)
            edit.words["de"] = replace(edit.words["de"], links={"l1": "Bewerten"})

    A draft changes in place. Of what was launched a new version is made with all its words; invitations keep the version
    they were sent with. Raises NotEditable when it is over, EditedMeanwhile when `seen` is not the stamp of that part any
    more, Fixed when what must stay would change.
    """
    access.require(by, Permission.EDIT_CAMPAIGNS)
    return _editing(campaign, by, at, part, seen)


@contextmanager
def _editing(campaign: Campaign, by: Membership, at: datetime, part: Part | None, seen: str) -> Iterator[Edit]:
    with transaction.atomic():
        locked = _locked(campaign)
        edit, was = Edit.of(locked), Edit.of(locked)
        if part and seen and seen != was.stamp(part):
            raise EditedMeanwhile(campaign)
        yield edit
        _store(edit, was, by, at)


def _locked(campaign: Campaign) -> Campaign:
    found = Campaign.objects.select_for_update(of=("self",)).select_related("organization")
    locked = found.exclude(status__in=_OVER).filter(pk=campaign.pk).first()
    if locked is None:
        raise NotEditable(campaign)
    return locked


def _store(edit: Edit, was: Edit, by: Membership, at: datetime) -> None:
    changed = _changed(was.content(), edit.content())
    row = edit.campaign
    if not changed:
        if edit.words != was.words:
            store_words(row, edit.words)
        return
    if not row.is_draft and (fixed := was.rules.fixed_changed(edit.rules)):
        raise Fixed(fixed)
    is_new = not row.is_draft and set(changed) != {"name"}
    version = row.version + 1 if is_new else row.version
    values = edit.rules.as_dict() | {"name": edit.name, "version": version, "updated_at": at}
    if is_new and row.kind == Kind.ONE_OFF and not _OF_WHOM_AND_HOW_MANY.isdisjoint(changed):
        values |= {"plan_cursor": 0, "planned_at": None}  # who is in it now, and was not decided about, is asked too
    Campaign.objects.filter(pk=row.pk).update(**values)
    row.version = version
    if edit.design != was.design or is_new:
        store_version(row, edit.design, edit.rules, author=by.user, at=at)
    if edit.words != was.words or list(edit.words) != list(was.words) or is_new:
        store_words(row, edit.words)
    rely(row, edit.rules)
    if not row.is_draft:
        outbox.publish("campaign.edited", row, at=at, changed=sorted(changed))
    audit.record(by, "campaign.edited", row, at=at, changed=changed, **({"version": version} if is_new else {}))


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    names = [*before, *(name for name in after if name not in before)]
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def store_version(campaign: Campaign, design: Design, rules: Rules, *, author: User, at: datetime) -> None:
    """Note how the campaign's current version looks and what its rules are."""
    CampaignVersion.objects.update_or_create(
        organization=campaign.organization,
        campaign=campaign,
        number=campaign.version,
        defaults={"design": design.to_json(), "rules": rules.to_json()},
        create_defaults={
            "design": design.to_json(),
            "rules": rules.to_json(),
            "created_by": author,
            "created_at": at,
        },
    )


def store_words(campaign: Campaign, words: dict[str, Words]) -> None:
    """The words of the campaign's current version are these, in this order, and no others."""
    mine = {"organization": campaign.organization, "campaign": campaign, "version": campaign.version}
    Wording.objects.filter(**mine).delete()
    Wording.objects.bulk_create(
        [Wording(**mine, language=language, **each.as_dict()) for language, each in words.items()]
    )


def rely(campaign: Campaign, rules: Rules) -> None:
    """What its rules ask about is held as long as the campaign may ask somebody."""
    relying.rely(
        kind=ConditionUser.CAMPAIGN,
        user_id=campaign.pk,
        organization=campaign.organization,
        conditions=rules.conditions,
    )


def release(campaign: Campaign) -> None:
    relying.release(kind=ConditionUser.CAMPAIGN, user_id=campaign.pk, organization=campaign.organization)
