"""Every text of an organization is a script; every page that shows one shows it as text."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.accounts.models import Organization, User
from surveys.campaigns.models import CampaignVersion, Wording
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer, Property
from surveys.delivery.models import Delivery, Invitation
from surveys.responses.models import Response
from tests import factories
from tests.attacks.looking import (
    FORMULA,
    HOSTILE,
    MARK,
    is_sandboxed,
    problems_of_file,
    problems_of_headers,
    problems_of_page,
)
from tests.people import Person
from tests.test_tenancy import INSIDE, ids, kwargs_for  # noqa: F401  (a fixture)

# Columns that hold no words: codes, addresses of ours, digests. All others are filled.
CODES: Final = {
    "slug", "time_zone", "default_language", "language", "brand_color", "logo_digest", "occasion", "kind", "status", "key",
    "type", "address_hash", "header_digest", "email_key", "search_key", "account_property", "queue", "state", "channel",
    "page", "question", "verdict", "network", "event_kind", "trigger", "code", "route", "provider_id", "session_key", "action",
    "date_property", "encoding", "form", "step", "variant", "domain", "source", "audience_key", "phone", "purpose",
}  # fmt: skip
WORDS_IN_JSON: Final[dict[str, Any]] = {
    "customer.properties": {"plan": HOSTILE, HOSTILE: HOSTILE},
    "invitation.properties": {"plan": HOSTILE},
    "wording.prompts": {"detractor": HOSTILE, "9": HOSTILE},
    "wording.questions": {"q1": {"text": HOSTILE, "options": {"o1": HOSTILE}, "low": HOSTILE, "high": HOSTILE}},
    "wording.links": {"l1": HOSTILE},
    "wording.variants": {"B": {"subject": HOSTILE, "intro": HOSTILE}},
    "wording.reminders": [{"subject": HOSTILE, "intro": HOSTILE}],
}
DESIGN: Final = {
    "questions": [{"key": "q1", "kind": "one", "categories": ["detractor", "passive", "promoter"], "options": ["o1"]}],
    "links": [{"key": "l1", "url": "https://example.com/?\"'><x-mark>", "categories": ["promoter"]}],
    "variants": [{"key": "A", "share": 0}, {"key": "B", "share": 10_000, "sender_name": HOSTILE}],
    "sender_name": HOSTILE,
}


def words(model: type[models.Model]) -> dict[str, str]:
    """The columns of a table that somebody may have written, full of what hurts."""
    fields = [field for field in model._meta.concrete_fields if isinstance(field, models.CharField | models.TextField)]
    free = [field for field in fields if not (field.choices or field.name in CODES or field.generated or field.unique)]
    return {field.name: HOSTILE[: getattr(field, "max_length", None)] for field in free}


def owned() -> Iterator[type[models.Model]]:
    for model in apps.get_app_config("surveys").get_models():
        try:
            model._meta.get_field("organization")
        except FieldDoesNotExist:
            continue
        yield model


def poison(organization: Organization) -> int:
    """How many columns were filled."""
    filled = 0
    for model in owned():
        for name, value in words(model).items():
            try:
                with transaction.atomic():
                    filled += model._base_manager.filter(organization=organization).update(**{name: value})
            except DatabaseError:
                continue  # a constraint says what may stand there
    for place, value in WORDS_IN_JSON.items():
        model_name, name = place.split(".")
        apps.get_model("surveys", model_name)._base_manager.filter(organization=organization).update(**{name: value})
    for name in ("name", "sender_name", "postal_address", "suspension_reason"):
        Organization.objects.filter(pk=organization.pk).update(**{name: HOSTILE[:100]})
    return filled


@pytest.fixture
def hostile(alice: Person, ids: dict[str, int]) -> Person:  # noqa: F811
    """Alice's organization, in which every text is a script, and she is called by one."""
    now = timezone.now()
    campaign = Wording.objects.get(organization=alice.organization).campaign
    CampaignVersion.objects.create(
        organization=alice.organization, campaign=campaign, number=campaign.version, design=DESIGN, created_at=now
    )
    other = factories.customer(alice.organization, "formula@example.com", name="Zed")
    factories.response(factories.invitation(campaign, other), 3, "Why")
    alice.post(alice.url("customers:new"), {"email": "audit@example.com", "name": HOSTILE[:100]})
    Delivery.objects.filter(organization=alice.organization).update(to_address="ada@example.com")
    assert poison(alice.organization) > 40
    Customer.objects.filter(pk=other.pk).update(name=FORMULA, external_id=FORMULA, properties={"plan": FORMULA})
    Response.objects.filter(customer=other).update(comment=FORMULA)
    Property.objects.filter(organization=alice.organization).update(key="plan", label=HOSTILE[:60])
    User.objects.filter(pk=alice.membership.user_id).update(name=HOSTILE[:150])
    return alice


def addresses(person: Person, made: dict[str, int]) -> Iterator[tuple[str, str]]:
    for name, _, converters in INSIDE:
        yield name, person.url(name, **kwargs_for(name, converters, made))
    for name in ("accounts_home:organizations", "accounts_home:account", "account_email", "accounts_home:places"):
        yield name, reverse(name)
    yield "search", person.url("customers:list") + "?q=" + HOSTILE.replace("#", "%23").replace("&", "%26")
    yield "feed search", person.url("responses:feed") + "?q=%22%27%3E%3Cx-mark%3E&state=%22%3E%3Cx-mark%3E"


def test_no_page_of_the_application_runs_what_somebody_wrote(hostile: Person, ids: dict[str, int]) -> None:  # noqa: F811
    wrong, shown = [], 0
    for name, address in addresses(hostile, ids):
        answer = hostile.get(address)
        assert answer.status_code < 500, name
        kind = answer.headers.get("Content-Type", "")
        content = b"".join(answer) if answer.streaming else answer.content
        found = problems_of_headers(answer)
        if kind.startswith("text/html"):
            of_page, text = problems_of_page(content.decode(), may_have_styles=is_sandboxed(answer))
            found, shown = found + of_page, shown + (MARK in text)
        if kind.startswith("text/csv"):
            found += problems_of_file(content)
        if kind.startswith("application/json"):
            json.loads(content)
        wrong += [f"{name}: {problem}" for problem in found]
    assert not wrong, "\n".join(wrong)
    assert shown > 60, "the walk has seen hardly anything that was written"


def test_no_page_of_a_customer_runs_what_an_organization_wrote(hostile: Person) -> None:
    invitation = Invitation.objects.filter(organization=hostile.organization, customer__isnull=False).order_by("id")[0]
    Invitation.objects.filter(pk=invitation.pk).update(opened_at=None, channel="email")
    answer, unsubscribe = (tokens.make(purpose, invitation.pk) for purpose in (Purpose.ANSWER, Purpose.UNSUBSCRIBE))
    trial, rating = (tokens.make(purpose, invitation.campaign_id) for purpose in (Purpose.TEST, Purpose.RATING))
    preferences = tokens.make(Purpose.PREFERENCES, invitation.pk)
    pages = [
        *(f"/r/{answer}/{tail}" for tail in ("", "9/", "2/", "thanks/", "more/")),
        *(f"/r/test/{trial}/", f"/r/test/{trial}/9/", f"/u/test/{trial}/", f"/l/{rating}/", f"/l/{rating}/9/"),
        *(f"/u/{unsubscribe}/", f"/p/{preferences}/", f"/p/data/{preferences}/", f"/p/test/{trial}/"),
    ]
    client, read = Client(), ""
    for page in pages:
        shown = client.get(page)
        found, text = problems_of_page(shown.content.decode())
        assert not (found + problems_of_headers(shown)), (page, found + problems_of_headers(shown))
        read += text
    assert read.count(MARK) > 20
    refused = client.post(f"/r/{answer}/", {"score": "9", "comment": HOSTILE, "nonce": HOSTILE, "seen": HOSTILE})
    found, text = problems_of_page(refused.content.decode())
    assert (refused.status_code, found, HOSTILE in text) == (403, [], True), "what was typed comes back as it was"
