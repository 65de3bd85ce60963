"""Entries of the audit trail as people read them: a sentence, what was before and after, and where it came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts import access, browsers, queries
from surveys.accounts.models import AuditEntry, Organization, User, Via
from surveys.accounts.trail_values import Values

SENTENCES: Final[dict[str, str | Promise]] = {
    "alerts.chosen": gettext_lazy("{who} chose what they are told about"),
    "alerts.mails_ended": gettext_lazy("{who} ended their mails with alerts"),
    "alerts.reset": gettext_lazy("{who} went back to the usual alerts"),
    "annotation.added": gettext_lazy("{who} wrote on the trend: {target}"),
    "annotation.changed": gettext_lazy("{who} changed what stands on the trend: {target}"),
    "annotation.deleted": gettext_lazy("{who} took off the trend: {target}"),
    "annotation.restored": gettext_lazy("{who} brought back what stood on the trend: {target}"),
    "audit.exported": gettext_lazy("{who} exported the audit trail"),
    "bulk_act.confirmed": gettext_lazy("{who} changed many customers at once: {target}"),
    "bulk_act.stopped": gettext_lazy("{who} stopped an act on many customers: {target}"),
    "bulk_act.undone": gettext_lazy("{who} took back an act on many customers: {target}"),
    "card_key.changed": gettext_lazy("{who} changed the key for score cards {target}"),
    "card_key.made": gettext_lazy("{who} made the key for score cards {target}"),
    "card_key.revoked": gettext_lazy("{who} revoked the key for score cards {target}"),
    "campaign.archived": gettext_lazy("{who} put the campaign {target} into the archive"),
    "campaign.cancelled": gettext_lazy("{who} cancelled the campaign {target}"),
    "campaign.created": gettext_lazy("{who} created the campaign {target}"),
    "campaign.deleted": gettext_lazy("{who} deleted the draft {target}"),
    "campaign.edited": gettext_lazy("{who} changed the campaign {target}"),
    "campaign.ended": gettext_lazy("The campaign {target} ended"),
    "campaign.launch_undone": gettext_lazy("{who} took back the launch of {target}"),
    "campaign.launched": gettext_lazy("{who} launched the campaign {target}"),
    "campaign.links_exported": gettext_lazy("{who} downloaded survey links of the campaign {target}"),
    "campaign.people_exported": gettext_lazy("{who} exported whom the campaign {target} asks"),
    "campaign.paused": gettext_lazy("{who} paused the campaign {target}"),
    "campaign.restored": gettext_lazy("{who} brought back the draft {target}"),
    "campaign.resumed": gettext_lazy("{who} resumed the campaign {target}"),
    "campaign.started": gettext_lazy("The campaign {target} started"),
    "campaign.test_sent": gettext_lazy("{who} sent a test of the campaign {target}"),
    "campaign.unarchived": gettext_lazy("{who} took the campaign {target} out of the archive"),
    "colleague.invited": gettext_lazy("{who} invited {target}"),
    "colleague_invite.reopened": gettext_lazy("{who} brought back the invite of {target}"),
    "colleague_invite.revoked": gettext_lazy("{who} withdrew the invite of {target}"),
    "comments.read_anew": gettext_lazy("{who} had all comments read anew"),
    "comments.reading_stopped": gettext_lazy("{who} stopped the reading of all comments"),
    "conversation.added_by_hand": gettext_lazy("{who} added to the conversation {target} what the customer said"),
    "conversation.assigned": gettext_lazy("{who} gave the conversation {target} to somebody"),
    "conversation.closed": gettext_lazy("{who} closed the conversation {target}"),
    "conversation.noted": gettext_lazy("{who} wrote a note in the conversation {target}"),
    "conversation.opened": gettext_lazy("{who} opened the conversation {target}"),
    "conversation.prioritized": gettext_lazy("{who} changed the priority of the conversation {target}"),
    "conversation.reopened": gettext_lazy("{who} opened the conversation {target} again"),
    "conversation.replied": gettext_lazy("{who} replied in the conversation {target}"),
    "conversation.reply_taken_back": gettext_lazy("{who} took back a reply in the conversation {target}"),
    "conversation.snoozed": gettext_lazy("{who} put off the conversation {target}"),
    "conversation.woken": gettext_lazy("{who} brought back the conversation {target} that was put off"),
    "customer.added": gettext_lazy("{who} added the customer {target}"),
    "customer.changed": gettext_lazy("{who} changed the customer {target}"),
    "customer.data_link_sent": gettext_lazy("The customer {target} asked for a link to what is known about them"),
    "customer.data_taken": gettext_lazy("The customer {target} downloaded all that is known about them"),
    "customer.deletion_asked": gettext_lazy("{who} asked for the customer {target} to be deleted"),
    "customer.erased_by_wish": gettext_lazy("The customer {target} erased all that was known about them"),
    "customer.erasure_asked": gettext_lazy("{who} asked for the customer {target} to be erased"),
    "customer.exported": gettext_lazy("{who} exported all that is known about the customer {target}"),
    "customer.link_made": gettext_lazy("{who} made a survey link for the customer {target}"),
    "customer.merge_asked": gettext_lazy("{who} asked for two customers to be merged into {target}"),
    "customer.rest_lifted": gettext_lazy("{who} lifted the wish of the customer {target} to be asked less often"),
    "customer.merged": gettext_lazy("{who} merged two customers into {target}"),
    "customers.exported": gettext_lazy("{who} exported a list of customers"),
    "digest.stopped": gettext_lazy("{who} ended a mail with figures"),
    "digest.subscribed": gettext_lazy("{who} asked for a mail with figures"),
    "events.cancelled": gettext_lazy("{who} stopped taking in the events of {target}"),
    "events.started": gettext_lazy("{who} took in the events of {target}"),
    "events.uploaded": gettext_lazy("{who} uploaded the events of {target}"),
    "figures.exported": gettext_lazy("{who} took a table of figures that names customers"),
    "hook.added": gettext_lazy("{who} added the connection {target}"),
    "hook.changed": gettext_lazy("{who} changed the connection {target}"),
    "hook.post_repeated": gettext_lazy("{who} had a post to {target} tried again"),
    "hook.removed": gettext_lazy("{who} removed the connection {target}"),
    "hook.restored": gettext_lazy("{who} brought the connection {target} back"),
    "hook.secret_renewed": gettext_lazy("{who} renewed the secret of the connection {target}"),
    "hook.stopped": gettext_lazy("The connection {target} was stopped, for it failed"),
    "hook.switched_off": gettext_lazy("{who} switched the connection {target} off"),
    "hook.switched_on": gettext_lazy("{who} switched the connection {target} on"),
    "hook.tested": gettext_lazy("{who} sent a test to the connection {target}"),
    "import.cancelled": gettext_lazy("{who} stopped the import of {target}"),
    "import.paused": gettext_lazy("{who} paused the import of {target}"),
    "import.resumed": gettext_lazy("{who} resumed the import of {target}"),
    "import.started": gettext_lazy("{who} imported {target}"),
    "import.undone": gettext_lazy("{who} took back the import of {target}"),
    "import.uploaded": gettext_lazy("{who} uploaded {target}"),
    "import_mapping.deleted": gettext_lazy("{who} deleted the saved columns {target}"),
    "import_mapping.renamed": gettext_lazy("{who} renamed the saved columns {target}"),
    "inbox_act.confirmed": gettext_lazy("{who} changed many conversations at once: {target}"),
    "inbox_act.stopped": gettext_lazy("{who} stopped an act on many conversations: {target}"),
    "inbox_act.undone": gettext_lazy("{who} took back an act on many conversations: {target}"),
    "inbox_settings.changed": gettext_lazy("{who} changed how the inbox works"),
    "link.made": gettext_lazy("{who} made a link with which others read the view {target}"),
    "link.revoked": gettext_lazy("{who} revoked a link to the view {target}"),
    "mail.looked_into": gettext_lazy("{who} looked into why mail was stopped"),
    "mail.stopped": gettext_lazy("Mail of {target} was stopped for its rates"),
    "mail.attached": gettext_lazy("{who} put the incoming mail {target} into a conversation"),
    "mail.dropped": gettext_lazy("{who} threw the incoming mail {target} away"),
    "member.joined": gettext_lazy("{who} joined"),
    "member.left": gettext_lazy("{who} left"),
    "member.removed": gettext_lazy("{who} removed {target}"),
    "member.restored": gettext_lazy("{who} took back that {target} is gone"),
    "member.role_changed": gettext_lazy("{who} changed the role of {target}"),
    "organization.changed": gettext_lazy("{who} changed the settings of {target}"),
    "organization.created": gettext_lazy("{who} created {target}"),
    "organization.deletion_asked": gettext_lazy("{who} asked for {target} to be deleted"),
    "organization.export_downloaded": gettext_lazy("{who} downloaded the export of {target}"),
    "organization.exported": gettext_lazy("{who} exported everything that {target} has"),
    "organization.kept": gettext_lazy("{who} decided to keep {target}"),
    "organization.limits_changed": gettext_lazy("{who} changed the limits of {target}"),
    "organization.rezoned": gettext_lazy("{who} changed the time zone of {target}"),
    "organization.suspended": gettext_lazy("{who} suspended {target}"),
    "organization.suspension_lifted": gettext_lazy("{who} lifted the suspension of {target}"),
    "person.email_changed": gettext_lazy("{who} changed their email address"),
    "person.password_changed": gettext_lazy("{who} changed their password"),
    "person.password_reset": gettext_lazy("{who} set a new password by a link in a mail"),
    "person.second_factor_added": gettext_lazy("{who} added a second factor"),
    "person.second_factor_refused": gettext_lazy("A wrong second factor was given for {target}"),
    "person.second_factor_removed": gettext_lazy("{who} removed a second factor"),
    "person.second_factor_renewed": gettext_lazy("{who} renewed their recovery codes"),
    "person.sign_in_failed": gettext_lazy("A sign-in as {target} failed"),
    "person.signed_in": gettext_lazy("{who} signed in"),
    "mail_account.removed": gettext_lazy("{who} removed the mail account {target}"),
    "mail_account.saved": gettext_lazy("{who} entered the mail account {target}"),
    "mail_account.switched_off": gettext_lazy("{who} switched the mail account {target} off"),
    "mail_account.switched_on": gettext_lazy("{who} switched the mail account {target} on"),
    "mail_account.tested": gettext_lazy("{who} sent a test through the mail account {target}"),
    "property.change_undone": gettext_lazy("{who} took back a change of the property {target}"),
    "property.changed": gettext_lazy("{who} changed the property {target}"),
    "property.declared": gettext_lazy("{who} declared the property {target}"),
    "responses.downloaded": gettext_lazy("{who} downloaded a file of responses"),
    "responses.exported": gettext_lazy("{who} asked for a file of responses"),
    "response.counted": gettext_lazy("{who} decided that an answer counts: {target}"),
    "response.junked": gettext_lazy("{who} marked an answer as junk: {target}"),
    "response.judgement_undone": gettext_lazy("{who} left it to the rules again whether an answer counts: {target}"),
    "response.mark_taken_back": gettext_lazy("{who} took back what was said of an answer: {target}"),
    "response.tagged": gettext_lazy("{who} tagged an answer: {target}"),
    "response.uncounted": gettext_lazy("{who} decided that an answer does not count: {target}"),
    "response.unjunked": gettext_lazy("{who} decided that an answer is no junk: {target}"),
    "response.untagged": gettext_lazy("{who} took a tag off an answer: {target}"),
    "response_act.confirmed": gettext_lazy("{who} marked many answers at once: {target}"),
    "response_act.stopped": gettext_lazy("{who} stopped an act on many answers: {target}"),
    "response_act.undone": gettext_lazy("{who} took back an act on many answers: {target}"),
    "retention.applied": gettext_lazy("What was kept long enough in {target} was deleted or made nameless"),
    "retention.changed": gettext_lazy("{who} changed how long data is kept"),
    "referral.signup_added": gettext_lazy("{who} said who came because {target} recommended us"),
    "referral.signup_removed": gettext_lazy("{who} took back that somebody came because {target} recommended us"),
    "referrals.changed": gettext_lazy("{who} changed where friends land who are referred"),
    "referrals.exported": gettext_lazy("{who} exported who recommends us"),
    "referrals.secret_renewed": gettext_lazy("{who} made a new secret for telling of referred sign-ups"),
    "review_site.added": gettext_lazy("{who} added the review site {target}"),
    "review_site.archived": gettext_lazy("{who} put the review site {target} into the archive"),
    "review_site.changed": gettext_lazy("{who} changed the review site {target}"),
    "review_site.moved": gettext_lazy("{who} moved the review site {target} to another place"),
    "review_site.restored": gettext_lazy("{who} took the review site {target} out of the archive"),
    "risk_rule.changed": gettext_lazy("{who} changed the rule that says who is at risk"),
    "risk_rule.reset": gettext_lazy("{who} went back to the usual rule that says who is at risk"),
    "rule.changed": gettext_lazy("{who} changed the automation rule {target}"),
    "rule.created": gettext_lazy("{who} wrote the automation rule {target}"),
    "rule.deleted": gettext_lazy("{who} deleted the automation rule {target}"),
    "rule.moved": gettext_lazy("{who} moved the automation rule {target} to another place"),
    "rule.restored": gettext_lazy("{who} brought back the automation rule {target}"),
    "rule.stopped": gettext_lazy("The automation rule {target} was switched off: what it asks about is gone"),
    "rule.switched_off": gettext_lazy("{who} switched the automation rule {target} off"),
    "rule.switched_on": gettext_lazy("{who} switched the automation rule {target} on"),
    "saved_reply.changed": gettext_lazy("{who} changed the saved reply {target}"),
    "saved_reply.created": gettext_lazy("{who} saved the reply {target}"),
    "saved_reply.deleted": gettext_lazy("{who} deleted the saved reply {target}"),
    "saved_reply.restored": gettext_lazy("{who} brought the saved reply {target} back"),
    "segment.changed": gettext_lazy("{who} changed the segment {target}"),
    "segment.created": gettext_lazy("{who} created the segment {target}"),
    "segment.deleted": gettext_lazy("{who} deleted the segment {target}"),
    "segment.restored": gettext_lazy("{who} brought back the segment {target}"),
    "sender.link_sent": gettext_lazy("{who} asked for the sender address {target} to be confirmed"),
    "sender.verified": gettext_lazy("The sender address {target} was confirmed by its link"),
    "sender.vouched_for": gettext_lazy("The operator vouched for the sender address {target}"),
    "self_service.changed": gettext_lazy("{who} changed what customers may do themselves with their data"),
    "suppression.added": gettext_lazy("{who} stopped mails to the address of suppression {target}"),
    "suppression.lifted": gettext_lazy("{who} allowed mails to the address of suppression {target} again"),
    "suppressions.exported": gettext_lazy("{who} exported the addresses that are not mailed"),
    "suppressions.import_stopped": gettext_lazy("{who} stopped the list of suppressions {target}"),
    "suppressions.import_undone": gettext_lazy("{who} allowed mails again to the addresses of the list {target}"),
    "suppressions.imported": gettext_lazy("{who} imported the list of suppressions {target}"),
    "tag.made": gettext_lazy("{who} made the tag {target}"),
    "tag.renamed": gettext_lazy("{who} renamed the tag {target}"),
    "team.changed": gettext_lazy("{who} changed the team {target}"),
    "team.created": gettext_lazy("{who} made the team {target}"),
    "team.deleted": gettext_lazy("{who} deleted the team {target}"),
    "team.moved": gettext_lazy("{who} changed the order in which teams are asked: {target} comes earlier"),
    "team.restored": gettext_lazy("{who} brought the deleted team {target} back"),
    "team_member.away": gettext_lazy("{who} noted that {target} is away"),
    "team_member.back": gettext_lazy("{who} noted that {target} is back"),
    "view.changed": gettext_lazy("{who} changed the saved view {target}"),
    "view.deleted": gettext_lazy("{who} deleted the saved view {target}"),
    "view.saved": gettext_lazy("{who} saved the view {target}"),
    "zone_change.paused": gettext_lazy("{who} paused computing days anew ({target})"),
    "zone_change.resumed": gettext_lazy("{who} let computing days anew go on ({target})"),
    "response.sentiment_ruled": gettext_lazy("{who} said how the comment of a response is meant: {target}"),
    "response.sentiment_unruled": gettext_lazy("{who} took back how the comment of a response is meant: {target}"),
    "response.theme_given": gettext_lazy("{who} put a comment under a theme: {target}"),
    "response.theme_taken": gettext_lazy("{who} took a comment out of a theme: {target}"),
    "response.theme_unruled": gettext_lazy("{who} took back what was said of a comment and a theme: {target}"),
    "theme.changed": gettext_lazy("{who} changed the theme {target}"),
    "theme.deleted": gettext_lazy("{who} deleted the theme {target}"),
    "theme.found": gettext_lazy("The theme {target} was found in comments"),
    "theme.made": gettext_lazy("{who} made the theme {target}"),
    "theme.merged": gettext_lazy("{who} merged a theme into {target}"),
    "theme.restored": gettext_lazy("{who} brought back the theme {target}"),
    "theme.switched_off": gettext_lazy("{who} switched off the theme {target}"),
    "theme.switched_on": gettext_lazy("{who} switched on the theme {target}"),
    "themes.searched": gettext_lazy("{who} had themes looked for in comments"),
}
_BY_ITSELF: Final[dict[str, str | Promise]] = {
    "campaign.paused": gettext_lazy("The campaign {target} was paused automatically"),
}

KINDS: Final[dict[str, str | Promise]] = {
    "bulkact": gettext_lazy("Act on many customers"),
    "campaign": gettext_lazy("Campaign"),
    "colleagueinvite": gettext_lazy("Invitation of a colleague"),
    "conversation": gettext_lazy("Conversation"),
    "customer": gettext_lazy("Customer"),
    "eventlist": gettext_lazy("List of events"),
    "importjob": gettext_lazy("Import"),
    "inboxact": gettext_lazy("Act on many conversations"),
    "mailaccount": gettext_lazy("Mail account"),
    "membership": gettext_lazy("Member"),
    "organization": gettext_lazy("Organization"),
    "property": gettext_lazy("Property"),
    "response": gettext_lazy("Response"),
    "rule": gettext_lazy("Automation rule"),
    "savedview": gettext_lazy("Saved view"),
    "segment": gettext_lazy("Segment"),
    "senderaddress": gettext_lazy("Sender address"),
    "suppressionlist": gettext_lazy("List of suppressions"),
    "user": gettext_lazy("Person"),
    "zonechange": gettext_lazy("Change of the time zone"),
}
_PAGES: Final = {
    "campaign": "campaigns:detail",
    "conversation": "inbox:conversation",
    "customer": "customers:detail",
    "eventlist": "customers:event_list",
    "importjob": "customers:import",
    "inboxact": "inbox_acts:act",
    "property": "customers:property",
    "response": "responses:detail",
    "segment": "customers:segment",
    "suppressionlist": "customers:suppression_list",
}
_GONE: Final = (".deleted", ".erased", ".removed")


@dataclass(frozen=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """One entry in words. `url` leads to what it is about, "" where there is no page; `browser` says what was used."""

    entry: AuditEntry
    sentence: SafeString
    url: str
    changes: list[Change]
    details: list[tuple[str, str]]
    browser: str

    @property
    def way(self) -> str:
        """How it was done, where that is not the usual way of a person."""
        is_usual = self.entry.via == Via.WEB or (self.entry.via == Via.TASK and self.entry.actor_id is None)
        return "" if is_usual else self.entry.get_via_display()


def tell(organization: Organization, entries: Iterable[AuditEntry]) -> list[Told]:
    """In their order; one statement for the names of all people, and a few more if conditions are among what changed."""
    entries = list(entries)
    people = queries.people(entry.actor_id for entry in entries)
    values = Values(organization)
    return [_told(organization, entry, people, values) for entry in entries]


def _told(organization: Organization, entry: AuditEntry, people: dict[int, User], values: Values) -> Told:
    details = dict(entry.details)
    return Told(
        entry=entry,
        sentence=_sentence(entry, people),
        url=_url(organization, entry),
        changes=[_change(field, change, values) for field, change in _changed(details).items()],
        details=[
            (name_of(key), values.said(key, value))
            for key, value in details.items()
            if values.is_condition(key, value) or value not in ("", None, [], {})
        ],
        browser=browsers.in_words(entry.agent) if entry.agent else "",
    )


def who(entry: AuditEntry, people: dict[int, User]) -> str:
    """The person by name, by address once the account is gone; an operator is called one."""
    if entry.actor_id is None:
        return ""
    name = str(people.get(entry.actor_id) or entry.actor_email)
    return _("%(name)s, operator of this server,") % {"name": name} if entry.is_operator else name


def _sentence(entry: AuditEntry, people: dict[int, User]) -> SafeString:
    person = who(entry, people)
    text = SENTENCES.get(entry.action) or _unknown(entry)
    if not person:
        text = _BY_ITSELF.get(entry.action, text)
    return format_html(
        str(text),
        who=format_html("<strong>{}</strong>", person or _("Nobody")),
        target=format_html("<strong>{}</strong>", entry.target_name),
    )


def _unknown(entry: AuditEntry) -> str:
    """For an act that has no sentence of its own: "segment.created" reads "… created: segment …"."""
    noun, _dot, verb = entry.action.partition(".")
    verb, noun = (part.replace("_", " ").replace("{", "").replace("}", "") for part in (verb, noun))
    if not entry.actor_id:
        return f"{noun.capitalize()} {{target}}: {verb}"
    return f"{{who}} {verb} {noun} {{target}}"


def name_of(act_or_field: str) -> str:
    """An act or a field without words of its own, made readable."""
    text = act_or_field.replace(".", " ").replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def act_name(action: str) -> str:
    """For the list of acts: the sentence without people."""
    text = str(SENTENCES.get(action, ""))
    return name_of(text.replace("{who}", "").replace("{target}", "…").strip()) if text else name_of(action)


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, name_of(kind)))


def _url(organization: Organization, entry: AuditEntry) -> str:
    page = _PAGES.get(entry.target_type)
    if page is None or entry.target_id is None or entry.action.endswith(_GONE):
        return ""
    return access.url(organization, page, pk=entry.target_id)


def _changed(details: dict[str, Any]) -> dict[str, Any]:
    """Taken out of the details: what changed, if it is in the agreed form."""
    changed = details.get("changed")
    if not isinstance(changed, dict):
        return {}
    details.pop("changed")
    return changed


def _change(field: str, change: object, values: Values) -> Change:
    if isinstance(change, list) and len(change) == 2:
        return Change(name_of(field), values.said(field, change[0]), values.said(field, change[1]))
    return Change(name_of(field), "", values.said(field, change))
