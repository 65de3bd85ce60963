"""A load of invented answers: believable, countable, and never into a company that has its own."""

import io
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.alerts.models import Notification
from surveys.analytics.upkeep import rollups
from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from surveys.inbox.actions import timekeeping
from surveys.inbox.models import Conversation
from surveys.responses import queries
from surveys.responses.models import Response, Tag
from tests import factories
from tests.analytics.book import expected_scores, stored_scores


def make(slug: str, *options: str) -> str:
    said = io.StringIO()
    call_command("make_load", slug, *options, stdout=said)
    return said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_load_is_a_company_whose_figures_agree_with_each_other() -> None:
    user = factories.user("alice@example.com")
    acme = factories.organization(user, "Acme", time_zone="America/St_Johns").organization
    other = factories.organization(factories.user("charlie@example.com"), "Globex").organization
    bystander = factories.customer(other)

    said = make("acme", "--responses", "1k")

    assert "rows/s" in said
    answers = Response.objects.filter(organization=acme)
    assert answers.count() == 1000
    assert stored_scores(acme) == expected_scores(acme)
    assert [gap for piece in rollups.slices(acme.pk) for gap in rollups.gaps(piece)] == []
    _agree_with_their_days(acme)
    _agree_with_their_people(acme)
    assert answers.exclude(themes=[]).values("comment_language").distinct().count() >= 4
    assert set(answers.exclude(tags=[]).values_list("tags__0", flat=True)) <= set(
        Tag.objects.filter(organization=acme).values_list("pk", flat=True)
    )
    assert Invitation.objects.filter(organization=acme, bounced_at__isnull=False).exists()
    again = answers.values("customer").annotate(times=Count("pk")).filter(times__gte=5)
    assert again.count() > 10, "people answer again and again"
    assert Customer.objects.get(organization=other) == bystander
    new = factories.customer(acme)
    assert not Customer.objects.filter(pk__gt=new.pk).exists(), "the next key is nobody's"


def _agree_with_their_days(organization: Organization) -> None:
    zone = ZoneInfo(organization.time_zone)
    for answer in Response.objects.filter(organization=organization).select_related("invitation"):
        assert answer.day == answer.responded_at.astimezone(zone).date()
        if answer.invitation and answer.invitation.sent_at:
            assert answer.invitation.sent_at < answer.responded_at
            assert answer.invitation.sent_day == answer.invitation.sent_at.astimezone(zone).date()
            assert answer.invitation.customer_id == answer.customer_id


def _agree_with_their_people(organization: Organization) -> None:
    people = {person.pk: person for person in Customer.objects.filter(organization=organization)}
    for facts in queries.answer_facts(organization, list(people)):
        person = people[facts.customer_id]
        assert (person.last_answered_at, person.answered_count) == (facts.last_answered_at, facts.answered_count)
        assert (person.last_score, person.previous_score) == (facts.last_score, facts.previous_score)


@pytest.mark.django_db(transaction=True)
def test_conversations_of_a_load_agree_with_their_answers_and_messages() -> None:
    user = factories.user("alice@example.com")
    acme = factories.organization(user, "Acme").organization
    with pytest.raises(CommandError, match="Say how much"):
        make("acme")
    with pytest.raises(CommandError, match="There are 0 answers"):
        make("acme", "--conversations", "1k")

    said = make("acme", "--responses", "2k", "--conversations", "1k")

    assert "conversation" in said
    at = timezone.now()
    found = Conversation.objects.filter(organization=acme).select_related("response")
    assert found.count() == 1000
    detractors = Response.objects.filter(organization=acme, score__lte=6, customer__isnull=False)
    assert found.filter(score__lte=6).count() > 0.9 * detractors.count() > 0, "detractors first"
    assert set(found.values_list("status", flat=True)) == {"open", "waiting", "closed"}
    for talk in found.prefetch_related("messages"):
        assert talk.response
        assert (talk.customer_id, talk.score) == (talk.response.customer_id, talk.response.score)
        assert talk.response.responded_at < talk.opened_at <= talk.touched_at <= at
        written = sorted(talk.messages.all(), key=lambda message: message.at)
        replies = [message.at for message in written if message.kind == "reply"]
        assert talk.first_reply_at == (replies[0] if replies else None)
        assert (talk.last_heard_at is not None) == any(message.kind == "inbound" for message in written)
    assert not timekeeping.mark_overdue(at=at), "what is late was marked: nobody is told ten thousand times"
    assert Notification.objects.filter(organization=acme, user=user).exists()


def test_a_company_that_has_data_is_left_alone_unless_told(alice: object) -> None:
    acme = Organization.objects.get()
    factories.customer(acme)
    with pytest.raises(CommandError, match="has customers or answers already"):
        make(acme.slug, "--responses", "1k")
    with pytest.raises(CommandError, match="There is no organization acmee"):
        make("acmee", "--responses", "1k")
    with pytest.raises(CommandError, match="not a number from 1k to 10M"):
        make(acme.slug, "--responses", "11M")
    assert Customer.objects.count() == 1
