"""Survey links that travel without a mail of ours: their addresses, and the rating row to paste. See docs/links.md."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from surveys.campaigns.models import Campaign, Wording
from surveys.core import nps, placeholders, tokens
from surveys.core.tokens import Purpose

# Occasions of invitations whose channel is a link: "link:<n>" is the n-th personal link of a customer in a campaign,
# "link:row:<n>" their n-th answer by its rating row, "link:anyone:<visit>" the answer of somebody without a customer.
ROW: Final = "link:row:"
ANYONE: Final = "link:anyone:"

LONGEST_PLACEHOLDER: Final = 200


def personal(invitation: int) -> str:
    """The page of one invitation; a score and a slash behind it is a click on that score."""
    return f"{settings.PUBLIC_URL}/r/{tokens.make(Purpose.ANSWER, invitation)}/"


def with_scores(invitation: int) -> list[str]:
    """The page, and the eleven links, from 0 to 10."""
    page = personal(invitation)
    return [page, *(f"{page}{score}/" for score in nps.SCALE)]


# ── Rating rows ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class System:
    """Where a row is pasted, and what stands there for the customer: `parameter` is `email`, `id`, or empty for nobody."""

    key: str
    label: str | Promise
    parameter: str
    placeholder: str
    hint: str | Promise


SYSTEMS: Final = (
    System(
        "zendesk",
        "Zendesk",
        "email",
        "{{ticket.requester.email}}",
        _("Paste the HTML into the mail body of a trigger or an automation. Zendesk fills in the requester's address."),
    ),
    System(
        "intercom",
        "Intercom",
        "email",
        "{{email}}",
        _("Paste the HTML into an HTML block of a template or message; check that the attribute Email is filled in."),
    ),
    System(
        "hubspot",
        "HubSpot",
        "email",
        "{{ contact.email }}",
        _(
            "Paste the HTML into a custom HTML module or the source of an email; HubSpot fills in the contact's address."
        ),
    ),
    System(
        "mailchimp",
        "Mailchimp",
        "email",
        "*|EMAIL|*",
        _("Paste the HTML into a Code block. Mailchimp fills in the address of each recipient."),
    ),
    System(
        "signature",
        _("Email signature (Gmail, Outlook, …)"),
        "",
        "",
        _(
            "A signature cannot know who reads it, so the links carry no customer. Copy the row as it is shown in the "
            "preview and paste it into the signature; answers are stored without a customer."
        ),
    ),
    System(
        "other",
        _("Another system"),
        "email",
        "",
        _("Type what that system puts in the place of the customer's address or ID, such as {{ customer.email }}."),
    ),
)
BY_KEY: Final = {system.key: system for system in SYSTEMS}


@dataclass(frozen=True)
class Row:
    """A rating row of one campaign in one language, for one system."""

    campaign: int
    company: str
    question: str
    low_label: str
    high_label: str
    language: str
    parameter: str
    placeholder: str

    @classmethod
    def of(cls, campaign: Campaign, wording: Wording, *, parameter: str, placeholder: str) -> Self:
        """Texts of a row know nobody's name: what they say for the unknown stands there."""
        company = campaign.organization.name
        nobody = placeholders.values(name="", email="", company=company, language=wording.language)
        texts = {
            name: placeholders.fill(placeholders.parse(getattr(wording, name)), nobody)
            for name in ("question", "low_label", "high_label")
        }
        return cls(
            campaign.pk, company, language=wording.language, parameter=parameter, placeholder=placeholder, **texts
        )

    def address(self, score: int) -> str:
        """The other system's placeholder stands as it is: encoded, nobody would fill it in."""
        known = urlencode({"lang": self.language})
        person = f"&{self.parameter}={self.placeholder}" if self.parameter and self.placeholder else ""
        return f"{settings.PUBLIC_URL}/l/{tokens.make(Purpose.RATING, self.campaign)}/{score}/?{known}{person}"

    @property
    def html(self) -> str:
        """Tables and inline styles alone, as mail programs and the editors of other products leave them."""
        return self._written("emails/rating_row/row.html")

    @property
    def text(self) -> str:
        return self._written("emails/rating_row/row.txt")

    def _written(self, template: str) -> str:
        ends = {nps.SCALE[0]: self.low_label, nps.SCALE[-1]: self.high_label}
        with override(self.language):
            scores = [
                {"value": score, "url": self.address(score), "end": ends.get(score, ""), "label": _label(score)}
                for score in nps.SCALE
            ]
            return render_to_string(template, {"row": self, "scores": scores}).strip()


def _label(score: int) -> str:
    return gettext("%(score)d out of 10") % {"score": score}


def clean_placeholder(text: str) -> str:
    """Raises ValueError for what would end the attribute or the address that it stands in."""
    text = text.strip()
    if len(text) > LONGEST_PLACEHOLDER or any(ord(each) < 32 or each in "\"'<>&#" for each in text):
        raise ValueError(text)
    return text


def example(row_address: str, placeholder: str, value: str) -> str:
    """How the address of a click looks when the other system has put `value` in."""
    return row_address.replace(placeholder, quote(value)) if placeholder else row_address
