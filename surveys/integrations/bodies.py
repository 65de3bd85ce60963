"""What is posted, made of facts when it is posted: what was erased meanwhile is not told.

What customers and colleagues wrote stands in Slack's messages as text: its signs are escaped, and it calls nobody.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.core import nps, placeholders
from surveys.customers.models import Customer
from surveys.integrations.models import HookPost
from surveys.responses.models import Response

TEST: Final = "test"
_LONGEST: Final = 600  # of a comment in a message
_WORD_JOINER: Final = "\u2060"  # between @ and a name: what looks like a mention is none, in Mattermost neither


@dataclass(frozen=True)
class About:
    """What a post is about, as it stands now."""

    organization: Organization
    facts: Mapping[str, Any]
    response: Response | None = None
    customer: Customer | None = None

    @classmethod
    def of(cls, post: HookPost) -> "About":
        mine = {"organization": post.organization_id}
        response = Response.objects.filter(**mine, pk=post.body.get("response") or 0).select_related("campaign").first()
        customer = Customer.objects.filter(**mine, pk=post.body.get("customer") or 0).first()
        return cls(post.organization, post.body, response, customer)

    @property
    def kind(self) -> str:
        return str(self.facts.get("type", ""))

    @property
    def url(self) -> str:
        """The page where a colleague goes on; empty when there is none."""
        pages = (
            ("conversation", "inbox:conversation"),
            ("response", "responses:detail"),
            ("customer", "customers:detail"),
        )
        for fact, page in pages:
            if pk := self.facts.get(fact):
                return settings.PUBLIC_URL + access.url(self.organization, page, pk=pk)
        return ""


def body(post: HookPost) -> str:
    """As it goes over the wire."""
    about = About.of(post)
    made = _slack(post, about) if post.hook.is_slack else _webhook(post, about)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


# ── Webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _webhook(post: HookPost, about: About) -> dict[str, Any]:
    data = {key: value for key, value in about.facts.items() if key != "type"}
    data |= {"organization": about.organization.slug, "url": about.url}
    if post.hook.tells_words:
        data |= _words(about)
    return {"type": about.kind, "timestamp": post.created_at.isoformat(), "data": data}


def _words(about: About) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if about.response is not None:
        found["comment"] = about.response.comment
    if (customer := about.customer) is not None:
        found |= {
            "customer_name": customer.name,
            "customer_email": customer.email,
            "customer_external_id": customer.external_id,
        }
    return found


# ── Slack ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def escaped(text: str) -> str:
    """Three signs mean something to Slack, and all that calls people is made of them; others read a bare @."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", f"@{_WORD_JOINER}")


def _line(text: object) -> str:
    return escaped(placeholders.single_line(str(text)))


def _slack(post: HookPost, about: About) -> dict[str, Any]:
    lines = [_title(about), _score(about)]
    if post.hook.tells_words:
        lines += [_who(about), _quote(about)]
    lines += [_line(about.facts.get("note") or ""), _link(about)]
    return {"text": "\n".join(filter(None, lines)), "unfurl_links": False, "link_names": False}


def _title(about: About) -> str:
    if about.kind == TEST:
        said = _("A test from %(product)s for %(organization)s: it works.")
        return _line(said % {"product": settings.PRODUCT_NAME, "organization": about.organization})
    name = about.facts.get("rule_name") or about.facts.get("title") or about.kind
    return f"*{_line(name).replace('*', '')}*"


def _score(about: About) -> str:
    score = about.facts.get("score")
    if not isinstance(score, int) or not 0 <= score <= 10:
        return ""
    return _line(_("%(category)s, %(score)d of 10") % {"category": nps.classify(score).label, "score": score})


def _who(about: About) -> str:
    customer = about.customer
    return _line(customer.name or customer.email or customer.external_id or "") if customer else ""


def _quote(about: About) -> str:
    comment = about.response.comment.strip() if about.response else ""
    if len(comment) > _LONGEST:
        comment = comment[: _LONGEST - 1] + "…"
    return "\n".join(f"> {escaped(line)}" for line in comment.splitlines() if line.strip())


def _link(about: About) -> str:
    return f"<{about.url}|{_line(_('Open it'))}>" if about.url else ""
