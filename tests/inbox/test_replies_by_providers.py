"""Replies by providers with an API of their own: thread and files are in what each of them is told."""

import base64
import json
from typing import Any

import pytest
from django.utils import timezone

from surveys.delivery import actions, own_roads, providers
from surveys.delivery.composing import Composer
from surveys.delivery.mailing import Mail
from surveys.delivery.models import Delivery, MailAccount, Provider, Queue
from surveys.delivery.provider_channels import Backend
from surveys.inbox.actions import drafting
from surveys.inbox.files import NewFile
from tests.helpers.smtp import SmtpSink
from tests.inbox.writing_world import Desk
from tests.people import Person

pytestmark = pytest.mark.django_db

DATA = b"one\r\ntwo\n\x00\xff"
APIS = [provider for provider in Provider if providers.spec(provider).backend]


@pytest.fixture
def mail(alice: Person, smtp_sink: SmtpSink) -> Mail:
    """A reply with a file, composed for an API."""
    desk = Desk(alice, smtp_sink)
    draft, _refused = drafting.attach(
        conversation=desk.conversation,
        text="",
        new=[NewFile("plän.bin", DATA)],
        by=alice.membership,
        at=timezone.now(),
    )
    desk.reply(attachments=[row.pk for row in draft.attachments.all()])
    Delivery.objects.update(due_at=timezone.now())
    claim = actions.claim(queue=Queue.EMAIL, limit=10, at=timezone.now())
    return Composer(claim, wants_bytes=False).compose(claim.messages[0], timezone.now())


def told(provider: Provider, mail: Mail) -> str:
    """All that the provider is told, in one string; no call is made."""
    spec = providers.spec(provider)
    region = spec.regions[0][0] if spec.regions else "fr-par"
    known = {field.name: "7" for field in spec.fields} | {"region": region, "api_url": "https://mail.example.com"}
    secrets = {field.name: "7" for field in spec.fields if field.is_secret}
    account = MailAccount(provider=provider, options=known, secrets=own_roads.sealed(secrets))
    channel = Backend(own_roads.backend(account))
    message = channel._message(mail)
    made: Any = channel._backend
    made.open()
    payload = made.build_message_payload(message, made.send_defaults)
    params = payload.get_request_params(made.api_url)
    return json.dumps(params, default=repr) + repr(params)


@pytest.mark.parametrize("provider", APIS)
def test_each_provider_is_told_the_thread_and_the_file(provider: Provider, mail: Mail) -> None:
    assert not isinstance(mail.content, bytes)
    asked = mail.content.extra_headers["In-Reply-To"].strip("<>")

    said = told(provider, mail)

    assert asked in said
    assert base64.b64encode(DATA).decode() in said or repr(DATA) in said
    assert "Auto-Submitted" not in said
