"""No organization sees anything of another: a walk over every named address, as a stranger and as an outsider.

A new address needs nothing here when it takes only the slug. One that takes an id must be added to IDS_OF, one outside
/o/<slug>/ to OUTSIDE; until then a test below fails by itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from surveys.accounts.models import Role, SavedView
from surveys.alerts.models import Matter, Notification
from surveys.analytics.models import Annotation, Digest, FigureExport, JobStatus, ShareLink
from surveys.automation.models import LinkKind, LinkVisit, ReviewSite, Rule, TrackedLink
from surveys.campaigns.models import Campaign
from surveys.comments.models import Reading, Theme, ThemeOrigin
from surveys.customers.actions import event_lists, imports, suppression_lists
from surveys.customers.models import (
    BulkAct,
    Customer,
    ImportMapping,
    Property,
    PropertyWork,
    Segment,
    Suppression,
    SuppressionReason,
)
from surveys.delivery.models import Delivery, Queue
from surveys.delivery.models import Kind as DeliveryKind
from surveys.inbox.actions import opening
from surveys.inbox.models import (
    Attachment,
    CardKey,
    Conversation,
    InboundMail,
    InboxAct,
    Message,
    MessageKind,
    SavedReply,
    Team,
)
from surveys.integrations.models import Hook, HookKind, HookPost
from surveys.operations.models import ExportStatus, OrganizationExport
from surveys.responses.models import Response, ResponseAct, Tag
from tests import factories
from tests.people import Person

ORGANIZATION_PREFIX = "o/<slug:slug>/"

# Addresses that need no organization, and why each is safe. Namespaces that are wholly outside stand first.
OUTSIDE_NAMESPACES = {
    "public": "customers' own pages; signed links",
    "preferences": "customers' own pages; signed links",
    "shared": "figures for whoever has a link; ends a mail for whoever got it; tests/analytics/test_sharing.py, test_digests.py",
    "alert_mails": "ends a mail for whoever got it; a signed link, tests/alerts/test_mails.py",
    "cards_public": "a score card for whoever has an address that a key signed; tests/inbox/test_score_cards.py",
    "accounts_home": "one's own account",
    "identity": "a logo, by its digest; the signed link to a sender address",
    "mailbox": "the catcher of local mode; not there otherwise",
    "operator": "instance administrators alone; tests/operations/test_operator_pages.py",
    "visits": "leads on to a stored address; a signed link, tests/automation/test_links.py",
    "signups": "what companies' servers tell of sign-ups; a secret, tests/automation/test_referrals.py",
    "hooks": "what mail providers post; unguessable addresses and signatures, tests/delivery/hooks",
    "inbound_hooks": "mails that came in; unguessable addresses, signatures and a secret, tests/inbox/inbound",
    "core": "a theme in a cookie; the style guide, which shows nobody's data",
}
# allauth's pages about one's own account; some of its redirects have no name.
OUTSIDE_OF_ALLAUTH = ("account_", "mfa_", "openid_connect_", "socialaccount_", "usersessions_", "None")
OUTSIDE = {
    "health": "whether database and Redis answer, and nothing else",
    "samples_start:load": "makes an organization of one's own",
}


def named_patterns(
    resolver: URLResolver, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every named address below `resolver` as (name, route, converters)."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from named_patterns(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", route, arguments(entry.pattern)


def arguments(pattern: Any) -> dict[str, Any]:
    """The arguments of a path, or of a regular expression."""
    return dict(pattern.converters) or dict.fromkeys(pattern.regex.groupindex)


ALL = list(named_patterns(get_resolver()))
INSIDE = [(name, route, converters) for name, route, converters in ALL if route.startswith(ORGANIZATION_PREFIX)]


@pytest.fixture
def ids(alice: Person) -> dict[str, int]:
    """One real object of every kind in Alice's organization."""
    organization, now = alice.organization, timezone.now()
    made: dict[str, Any] = {"organization": organization, "created_at": now}
    customer = factories.customer(organization, "ada@example.com", name="Ada")
    campaign = factories.campaign(organization)
    people = {
        "member": factories.member(organization, factories.user("erin@example.com"), Role.AGENT),
        "departure": factories.departure(organization, factories.user("frank@example.com")),
        "invite": factories.colleague_invite(alice.membership, "grace@example.com"),
        "view": SavedView.objects.create(
            **made, user=alice.membership.user, page="customers", name="Mine", is_shared=True, updated_at=now
        ),
        "digest": Digest.objects.create(**made, user=alice.membership.user, frequency="daily", next_at=now),
        "figure_export": FigureExport.objects.create(**made, form="csv", status=JobStatus.DONE),
        "theme": Theme.objects.create(**made, name="Price", origin=ThemeOrigin.OWN, words=["price"], updated_at=now),
        "reading": Reading.objects.create(**made, why="asked"),
        "rule": Rule.objects.create(**made, name="Mine", trigger="confirmed", updated_at=now),
        "card_key": CardKey.objects.create(**made, name="Desk", secret=""),
        "annotation": Annotation.objects.create(**made, day=now.date(), text="Release", updated_at=now),
        "tag": Tag.objects.create(**made, name="Billing"),
        "review_site": ReviewSite.objects.create(**made, name="Reviews", url="https://r.example"),
        "response_act": ResponseAct.objects.create(**made, kind="exclude", starts_at=now, last_id=0, total=1),
        "export": OrganizationExport.objects.create(organization=organization, asked_at=now, status=ExportStatus.DONE),
    }
    people |= _about_telling(alice, made)
    link = TrackedLink.objects.create(**made, kind=LinkKind.REFERRAL, customer=customer, signups=1)
    came = {"link": link, "what": "signup", "key": "hand:0", "newcomer_id": customer.pk, "at": now}
    people["signup"] = LinkVisit.objects.create(organization=organization, **came)
    people["share_link"] = ShareLink.objects.create(**made, view_id=people["view"].pk, secret_hash="00", expires_at=now)
    found: dict[str, Any] = people | _about_customers(alice, customer, made) | _about_asking(campaign, customer, made)
    found |= _said(found["response"])
    return {name: row.pk for name, row in found.items()}


def _said(response: Response) -> dict[str, Any]:
    about = {"organization": response.organization, "at": response.responded_at}
    conversation = opening.open_conversation(
        organization=response.organization, response=response, customer=None, by=None, at=response.responded_at
    )
    message = Message.objects.create(**about, conversation=conversation, kind=MessageKind.INBOUND, text="Hello")
    file = {"name": "a.txt", "media_type": "text/plain", "size": 2, "data": b"Hi"}
    saved = {"name": "Sorry", "text": "Sorry.", "updated_at": response.responded_at}
    made = {"organization": response.organization, "created_at": response.responded_at}
    act = {"kind": "close", "starts_at": response.responded_at, "last_id": conversation.pk, "total": 1}
    mail = InboundMail.objects.create(
        organization=response.organization,
        key="<x@y>",
        road="http",
        received_at=response.responded_at,
        outcome="unrouted",
    )
    return {
        "conversation": conversation,
        "message": message,
        "attachment": Attachment.objects.create(**about, message=message, **file),
        "saved_reply": SavedReply.objects.create(organization=response.organization, **saved),
        "inbox_act": InboxAct.objects.create(**made, **act),
        "team": Team.objects.create(**made, name="Support"),
        "inbound_mail": mail,
        "mail_file": Attachment.objects.create(**about, mail=mail, **file),
    }


def _about_customers(alice: Person, customer: Customer, made: dict[str, Any]) -> dict[str, Any]:
    mine: dict[str, Any] = {"organization": made["organization"]}
    now, by = made["created_at"], alice.membership
    declared = Property.objects.create(**mine, key="plan", label="Plan", type="text")
    work = {"kind": "delete", "about": declared, "label": "Plan", "starts_at": now, "total": 0}
    act = {"kind": "language", "starts_at": now, "last_id": customer.pk, "total": 1}
    events = [b"email,time\na@b.example,2026-01-01\n"]
    return {
        "customer": customer,
        "property": declared,
        "property_work": PropertyWork.objects.create(**made, **work),
        "bulk_act": BulkAct.objects.create(**made, **act),
        "segment": Segment.objects.create(**made, name="Everyone", updated_at=now),
        "suppression": Suppression.objects.create(**mine, address_hash="00", reason="bounced", at=now),
        "import": imports.upload(by=by, file_name="a.csv", pieces=[b"email\nada@example.com\n"], at=now),
        "mapping": ImportMapping.objects.create(**made, name="Shop", header_digest="00", columns=[], used_at=now),
        "suppression_list": suppression_lists.read(
            name="a.csv", pieces=[b"a@b.example"], reason=SuppressionReason.BLOCKED, by=by, at=now
        ),
        "event_list": event_lists.upload(by=by, file_name="events.csv", pieces=events, at=now),
    }


def _about_telling(alice: Person, made: dict[str, Any]) -> dict[str, Any]:
    now, mine = made["created_at"], {"organization": made["organization"]}
    hook = Hook.objects.create(**made, name="Support", kind=HookKind.WEBHOOK, address="-", host="example.com")
    return {
        "hook": hook,
        "hook_post": HookPost.objects.create(**made, hook=hook, key="a", body={"type": "test"}, due_at=now),
        "notification": Notification.objects.create(
            **mine, user=alice.membership.user, key="a", matter=Matter.UNROUTED, at=now
        ),
    }


def _about_asking(campaign: Campaign, customer: Customer, made: dict[str, Any]) -> dict[str, Any]:
    invitation = factories.invitation(campaign, customer)
    response = factories.response(invitation, 9, "Fine")
    ask = {"kind": DeliveryKind.ASK, "queue": Queue.BULK, "due_at": made["created_at"]}
    return {
        "campaign": campaign,
        "response": response,
        "delivery": Delivery.objects.create(**made, **ask, campaign=campaign, invitation=invitation),
    }


# Arguments that are not ids of objects.
OTHERS = {"part": "html", "score": 9, "direction": "up", "language": "de", "provider": "smtp", "change": 1}
OTHERS |= {"page": "overview", "table": "segments", "form": "csv"}

# Which object an address that takes a `pk` is about, by the beginning of its name.
IDS_OF: dict[str, str] = {
    "accounts:member_": "member",
    "accounts:departure_": "departure",
    "accounts:invite_": "invite",
    "automation:": "rule",
    "automation:response": "response",
    "cards:": "card_key",
    "customers:": "customer",
    "customers:bulk_": "bulk_act",
    "views:": "view",
    "customers:import": "import",
    "customers:event_list": "event_list",
    "customers:import_mapping": "mapping",
    "customers:suppression": "suppression",
    "customers:suppression_list": "suppression_list",
    "customers:segment": "segment",
    "customers:property": "property",
    "customers:property_work": "property_work",
    "inbox:": "conversation",
    "inbox_acts:": "inbox_act",
    "inbox_settings:": "team",
    "inbox:attachment": "attachment",
    "inbound:": "inbound_mail",
    "inbound:add_by_hand": "conversation",
    "inbound:file": "mail_file",
    "privacy:": "customer",
    "campaigns:": "campaign",
    "responses:": "response",
    "responses:act": "response_act",
    "responses:tag": "tag",
    "responses:preview": "campaign",
    "responses:preview_thanks": "campaign",
    "delivery:": "campaign",
    "delivery:customer_link": "customer",
    "operations:": "export",
    "alerts:": "notification",
    "integrations:": "hook",
    "links:site": "review_site",
    "links:take_back": "signup",
    "integrations:post_": "hook_post",
    "analytics:campaign": "campaign",
    "analytics:annotation": "annotation",
    "analytics:exports_": "figure_export",
    "analytics:digest_": "digest",
    "analytics:link_": "share_link",
    "analytics:comment": "response",
    "writing:": "conversation",
    "writing:message_": "message",
    "writing:file": "attachment",
    "writing:saved_reply": "saved_reply",
    "analytics:theme": "theme",
    "analytics:themes_stop": "reading",
}


def kwargs_for(name: str, converters: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    wanted = set(converters) - {"slug"} - set(OTHERS)
    others = {key: value for key, value in OTHERS.items() if key in converters}
    if not wanted:
        return others
    assert wanted == {"pk"}, f"{name} takes {wanted}: teach kwargs_for() about it"
    match = max((beginning for beginning in IDS_OF if name.startswith(beginning)), key=len, default=None)
    assert match, f"{name} takes an id of an unknown kind: add it to IDS_OF"
    return {"pk": ids[IDS_OF[match]], **others}


def attempts(client: Client, address: str) -> Iterator[tuple[str, Any]]:
    get: Callable[..., Any] = client.get
    yield "GET", get(address)
    yield "POST", client.post(address, {})


def test_every_address_is_either_an_organizations_or_known_to_be_safe_outside() -> None:
    names = [name for name, route, _ in ALL if not route.startswith(ORGANIZATION_PREFIX)]
    forgotten = [
        name
        for name in names
        if name not in OUTSIDE
        and name.split(":")[0] not in OUTSIDE_NAMESPACES
        and not name.startswith(OUTSIDE_OF_ALLAUTH)
    ]
    assert not forgotten, f"say in OUTSIDE why these are safe, or move them under /o/<slug>/: {forgotten}"


def test_an_outsider_finds_nothing_at_any_address_of_another_organization(
    alice: Person, charlie: Person, ids: dict[str, int]
) -> None:
    for name, _, converters in INSIDE:
        address = reverse(name, kwargs={"slug": alice.organization.slug, **kwargs_for(name, converters, ids)})
        for method, answer in attempts(charlie, address):
            assert answer.status_code == 404, f"{method} {name} told an outsider {answer.status_code}"


def test_anothers_ids_mean_nothing_under_ones_own_address(alice: Person, charlie: Person, ids: dict[str, int]) -> None:
    before = fingerprint(alice)
    for name, _, converters in INSIDE:
        kwargs = kwargs_for(name, converters, ids)
        if "pk" not in kwargs:
            continue  # it names no row
        for method, answer in attempts(charlie, charlie.url(name, **kwargs)):
            assert answer.status_code in (404, 405), f"{method} {name} gave {answer.status_code} for another's id"
    assert fingerprint(alice) == before


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client, alice: Person, ids: dict[str, int]) -> None:
    sign_in = reverse("account_login")
    for name, _, converters in INSIDE:
        address = reverse(name, kwargs={"slug": alice.organization.slug, **kwargs_for(name, converters, ids)})
        for method, answer in attempts(client, address):
            assert answer.status_code == 302, f"{method} {name} told a stranger {answer.status_code}"
            assert answer["Location"].startswith(sign_in), name


def test_the_walk_really_walks(alice: Person, ids: dict[str, int]) -> None:
    """Alice reaches what Charlie does not: otherwise the tests above prove nothing."""
    reached = [
        name
        for name, _, converters in INSIDE
        if alice.get(alice.url(name, **kwargs_for(name, converters, ids))).status_code == 200
    ]
    assert len(reached) >= 8
    assert any(kwargs_for(name, dict.fromkeys(["slug", "pk"]), ids) for name in reached if ":detail" in name)


def fingerprint(person: Person) -> list[Any]:
    organization = person.organization
    return [
        list(Customer.objects.filter(organization=organization).values_list("pk", "email", "name", "updated_at")),
        list(organization.campaign_set.values_list("pk", "status", "name", "updated_at")),
        list(Response.objects.filter(organization=organization).values_list("pk", "score", "comment", "verdict")),
        list(Conversation.objects.filter(organization=organization).values_list("pk", "version", "status", "assignee")),
    ]
