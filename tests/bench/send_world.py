"""A campaign that can be sent again and again, and the floors that sending is measured against."""

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone

from surveys.campaigns.models import Campaign, Status
from surveys.core.mail import Address
from surveys.core.placeholders import Parts
from surveys.customers.models import Customer
from surveys.delivery import actions, letters, sending
from surveys.delivery.letters import Ask
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Queue, State
from surveys.delivery.tasks import start_senders
from tests import factories
from tests.delivery.world import crowd, plan
from tests.helpers.waiting import wait_until

DATE: Final = "Sun, 22 Nov 2026 01:36:18 +0000"
FLOOR_SQL: Final = """
    WITH due AS (
        SELECT id FROM surveys_delivery WHERE state = 'due' ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
    ) UPDATE surveys_delivery d SET state = 'claimed', lease_owner = 'floor', lease_until = now() + interval '1 minute'
    FROM due WHERE d.id = due.id RETURNING d.id;
    UPDATE surveys_delivery SET state = 'sent', sent_at = now(), lease_until = NULL WHERE id = ANY(%s);
"""


def batched(ids: list[int], size: int) -> Iterator[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


class World:
    floor_sql = FLOOR_SQL

    def __init__(self, people: int) -> None:
        owner = factories.organization(factories.user("bench@example.com"), "Bench")
        self.organization = owner.organization
        crowd(self.organization, people)
        self.campaign = factories.campaign(self.organization, "Bench", Status.LIVE, launched_at=timezone.now())
        self._ask = Ask.of(self.campaign, self.campaign.wordings.get(), self.organization)

    @property
    def constant_message(self) -> bytes:
        values = letters.values(company="Bench", name="Ada Okafor", email="ada@example.com", invitation=1)
        return letters.skeleton(self._ask).message(Address("ada@example.com", "<a@b>", DATE), values)

    def plan(self) -> None:
        """Everybody is due, and nobody has been asked before."""
        Invitation.objects.all().delete()
        PlanDecision.objects.all().delete()
        Customer.objects.update(last_asked_at=None, asked_count=0)
        Campaign.objects.update(status=Status.LIVE, plan_cursor=0, planned_at=None)
        plan(self.campaign)
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT" if connection.settings_dict["USER"] == "postgres" else "SELECT 1")

    def send_all(self) -> None:
        while sending.send_due(Queue.BULK):
            pass

    def send_all_by_workers(self) -> None:
        start_senders()
        wait_until(self._all_sent, seconds=120, what="the end of sending")

    def _all_sent(self) -> bool:
        return not Delivery.objects.exclude(state=State.SENT).exists()

    def claim_and_finalise(self) -> None:
        """What a sender does, without the network."""
        while (claim := actions.claim(queue=Queue.BULK, limit=settings.CLAIM_BATCH, at=timezone.now())).size:
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit TO off")
            ended: list[actions.Ending] = []
            for window in batched([message.delivery for message in claim.messages], settings.SEND_WINDOW):
                actions.end_and_mark(ended, window, owner=claim.owner, at=timezone.now())
                ended = [actions.Ending(pk, State.SENT, timezone.now()) for pk in window]
            actions.end_and_mark(ended, [], owner=claim.owner, at=timezone.now())
            actions.tell([message.delivery for message in claim.messages], at=timezone.now())
            with connection.cursor() as cursor:
                cursor.execute("SET synchronous_commit TO on")
            actions.release(owner=claim.owner)

    def claim_in_plain_sql(self) -> None:
        claim, finalise, _nothing = FLOOR_SQL.split(";")
        with connection.cursor() as cursor:
            while True:
                cursor.execute(claim)
                ids = [pk for (pk,) in cursor.fetchall()]
                if not ids:
                    return
                cursor.execute(finalise, [ids])

    def send_by_django(self, count: int) -> None:
        """As tutorials do it, on one connection: both parts rendered from templates for each recipient.

        The text is the product's own template. The HTML was compiled by MJML beforehand, as in the product, and only its
        gaps are variables: less work than most templates are, for mails of the same words and size.
        """
        html = _template(letters.letter(self._ask).html)
        with get_connection() as server:
            for number in range(count):
                to = f"bench{number}@example.com"
                values = letters.values(company="Bench", name=f"Person {number}", email=to, invitation=number)
                named = {_variable(name): value for name, value in values.items()}
                text = render_to_string("emails/ask/body.txt", self._context(named))
                subject = f"How are we doing, Person {number}?"
                message = EmailMultiAlternatives(subject, text, self._ask.sender, [to], connection=server)
                message.attach_alternative(html.render(Context(named)), "text/html")
                server.send_messages([message])

    def _context(self, named: dict[str, str]) -> dict[str, Any]:
        return vars(self._ask) | {
            "intro": f"Hello {named['first_name']},\nwe would like to hear from you.",
            "answer_url": f"{settings.PUBLIC_URL}/r/{named['answer_token']}/",
            "unsubscribe_url": f"{settings.PUBLIC_URL}/u/{named['unsubscribe_token']}/",
            "scores": [{"value": score, "end": "", "label": f"{score} out of 10"} for score in range(11)],
        }


def _template(parts: Parts) -> Template:
    """The same words as a template of Django, each gap a variable."""
    pieces = [part if isinstance(part, str) else f"{{{{ {_variable(part.name)} }}}}" for part in parts]
    return Template("".join(pieces))


def _variable(slot: str) -> str:
    return slot.replace(" ", "_")
