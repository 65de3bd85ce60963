"""Making campaigns, changing what they say and whom they ask, deleting drafts and bringing them back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, User
from surveys.accounts.permissions import Permission
from surveys.campaigns import queries
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.refusals import NotDeleted, NotDraft
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, Status
from surveys.campaigns.rules import Rules
from surveys.campaigns.texts import Texts, Words, default_reminders
from surveys.core import languages
from surveys.core.conditions.tree import EVERYONE, Group


@dataclass(frozen=True)
class Content:
    """All that a draft consists of. `words` are by language, the main one first."""

    name: str
    words: dict[str, Words]
    rules: Rules = field(default_factory=Rules)
    design: Design = field(default_factory=Design)

    @classmethod
    def of(cls, campaign: Campaign) -> "Content":
        words = {each.language: Words.of(each) for each in queries.wordings(campaign)}
        return cls(campaign.name, words, Rules.of(campaign), queries.design(campaign))

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Content":
        """What `to_json` gave; also what was kept of drafts before there were rules and designs."""
        words = {each["language"]: Words(**_without(each, "language")) for each in stored["texts"]}
        rules = stored.get("rules") or {"audience": stored.get("audience", {})}
        return cls(stored["name"], words, Rules.read(rules), Design.read(stored.get("design", {})))

    def to_json(self) -> dict[str, Any]:
        texts = [{"language": language, **words.as_dict()} for language, words in self.words.items()]
        return {
            "name": self.name,
            "rules": self.rules.to_json(),
            "design": self.design.to_json(),
            "texts": texts,
        }


def _without(stored: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name != key}


def create(
    *, name: str, texts: Texts, by: Membership, at: datetime, rules: Rules | None = None, design: Design | None = None
) -> Campaign:
    """A new draft in the organization's language, the nearest of ours; without rules it asks everyone once."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    language = languages.ours(by.organization.default_language)
    reminders = default_reminders(rules.reminders if rules else 0, language)
    words = {language: Words(**texts.as_dict(), reminders=reminders)}
    with transaction.atomic():
        campaign = _draft(Content(name, words, rules or Rules(), design or Design()), by, at)
        audit.record(by, "campaign.created", campaign, at=at)
    return campaign


def add_past(*, name: str, texts: Texts, began_at: datetime, ended_at: datetime, by: Membership) -> Campaign:
    """A campaign that ran before it was recorded here, to hold imported answers. Nothing is planned or sent for it."""
    with transaction.atomic():
        campaign = create(name=name, texts=texts, by=by, at=began_at)
        Campaign.objects.drafts().filter(pk=campaign.pk).update(
            status=Status.ENDED, launched_at=began_at, ended_at=ended_at, planned_at=began_at, updated_at=ended_at
        )
        campaign.refresh_from_db()
    return campaign


def duplicate(*, campaign: Campaign, by: Membership, at: datetime) -> Campaign:
    """A new draft with the same words in all languages, design and rules; of what happened nothing comes along, and of
    its beginning and end only what is still to come."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        content = Content.of(campaign)
        name = _("%(name)s (copy)") % {"name": campaign.name[:90]}
        copy = _draft(replace(content, name=name, rules=_from_now(content.rules, at)), by, at)
        audit.record(by, "campaign.created", copy, at=at, copied_from=campaign.pk)
    return copy


def _from_now(rules: Rules, at: datetime) -> Rules:
    begins_at = rules.begins_at if rules.begins_at and rules.begins_at > at else None
    ends_at = rules.ends_at if rules.ends_at and rules.ends_at > at else None
    return replace(rules, begins_at=begins_at, ends_at=ends_at)


def _draft(content: Content, by: Membership, at: datetime, **row: Any) -> Campaign:
    standing = {"created_by": by.user, "created_at": at, "updated_at": at} | row
    draft = Campaign.objects.create(
        organization=by.organization, name=content.name, **content.rules.as_dict(), **standing
    )
    versions.store_words(draft, content.words)
    if content.design != Design():
        versions.store_version(draft, content.design, content.rules, author=by.user, at=at)
    versions.rely(draft, content.rules)
    return draft


def edit_message(
    *, campaign: Campaign, change: Callable[[versions.Edit], None], by: Membership, at: datetime, seen: str = ""
) -> None:
    """Carry out a change of the step "Message". Raises NotEditable, EditedMeanwhile."""
    with versions.edited(campaign=campaign, by=by, at=at, part=Part.MESSAGE, seen=seen) as edit:
        change(edit)


def edit(*, campaign: Campaign, name: str, texts: Texts, by: Membership, at: datetime, seen: str = "") -> None:
    """Change name and main words. Raises NotEditable, EditedMeanwhile."""
    with versions.edited(campaign=campaign, by=by, at=at, part=Part.MESSAGE, seen=seen) as edit:
        edit.name = name
        edit.words[edit.main] = replace(edit.words[edit.main], **texts.as_dict())


def choose_audience(
    *,
    campaign: Campaign,
    audience: Group,
    by: Membership,
    at: datetime,
    exclusions: Group = EVERYONE,
    seen: str = "",
) -> None:
    """Say who is asked, and who of them is not: exclusions without a condition leave nobody out.

    Raises NotEditable, EditedMeanwhile.
    """
    with versions.edited(campaign=campaign, by=by, at=at, part=Part.AUDIENCE, seen=seen) as edit:
        edit.rules = replace(edit.rules, audience=audience.to_json(), exclusions=exclusions.to_json())


def choose_rules(*, campaign: Campaign, rules: Rules, by: Membership, at: datetime, seen: str = "") -> None:
    """Say when it asks, whom first and how many; the audience is chosen apart.

    Raises NotEditable, EditedMeanwhile, Fixed.
    """
    with versions.edited(campaign=campaign, by=by, at=at, part=Part.RULES, seen=seen) as edit:
        edit.rules = replace(rules, audience=edit.rules.audience, exclusions=edit.rules.exclusions)


def delete(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Delete a draft that was never sent. What it was stays in the audit trail, for `restore`. Raises NotDraft."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        draft = _locked_draft(campaign)
        was = Content.of(draft).to_json() | {"created_by": draft.created_by_id}
        audit.record(by, "campaign.deleted", draft, at=at, created_at=draft.created_at.isoformat(), **was)
        versions.release(draft)
        draft.delete()


def _locked_draft(campaign: Campaign) -> Campaign:
    draft = Campaign.objects.drafts().select_for_update().filter(pk=campaign.pk).first()
    if draft is None:
        raise NotDraft(campaign)
    return draft


def restore(*, pk: int, by: Membership, at: datetime) -> None:
    """Bring a deleted draft back under its old number. Raises NotDeleted; of two at once one does it."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    deletion = queries.deletion(by.organization, pk)
    if deletion is None:
        raise NotDeleted(pk)
    try:
        with transaction.atomic():
            _bring_back(pk, deletion.details, by, at)
    except IntegrityError as error:  # the number is taken: somebody was first
        raise NotDeleted(pk) from error


def _bring_back(pk: int, was: dict[str, Any], by: Membership, at: datetime) -> None:
    row = {
        "pk": pk,
        "created_by": User.objects.filter(pk=was["created_by"]).first(),
        "created_at": datetime.fromisoformat(was["created_at"]),
    }
    draft = _draft(Content.read(was), by, at, **row)
    audit.record(by, "campaign.restored", draft, at=at)
