"""Files are read where they are wanted, and nowhere else. Requests as a browser sends them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, FakePayload, encode_multipart
from django.urls import reverse

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import ImportJob
from surveys.responses import public_http
from surveys.responses.models import Response
from tests import factories

pytestmark = pytest.mark.django_db


class Watched(FakePayload):
    """A body that knows how much of it was read."""

    amount = 0

    def read(self, *args, **kwargs):
        found = super().read(*args, **kwargs)
        self.amount += len(found)
        return found


def send(client, address, megabytes, **fields):
    """A form with a file of so many megabytes; returns the answer and how many bytes of it were read."""
    file = SimpleUploadedFile("list.csv", b"email\n" + b"ada@example.com\n" * int(megabytes * 1024**2 / 16))
    content = encode_multipart(BOUNDARY, {**fields, "file": file})
    body = Watched(content)
    sent = {"wsgi.input": body, "CONTENT_LENGTH": str(len(content)), "CONTENT_TYPE": MULTIPART_CONTENT}
    response = client.generic("POST", address, **sent)
    return response, body.amount


@pytest.fixture
def survey(alice):
    invitation = factories.invitation(factories.campaign(alice.organization), factories.customer(alice.organization))
    return invitation, reverse("public:page", args=[tokens.make(Purpose.ANSWER, invitation.pk)])


def test_a_large_file_sent_to_a_survey_is_refused_unread(client, survey):
    response, read = send(client, survey[1], 5)

    assert response.status_code == 400
    assert read == 0


def test_a_small_file_beside_an_answer_is_dropped_and_the_answer_is_kept(client, survey):
    invitation, address = survey

    response, _ = send(client, address, 0.1, score="9", comment="Fine", nonce=public_http.make_nonce(invitation.pk))

    assert response.status_code == 303
    assert Response.objects.get(invitation=invitation).score == 9
    assert not response.wsgi_request.FILES


def test_a_stranger_cannot_make_the_server_read_a_list(alice):
    stranger = Client(enforce_csrf_checks=True)  # that check reads the form before anybody asks who sent it
    stranger.get(reverse("account_login"))

    response, read = send(stranger, alice.url("customers:imports"), 5)

    assert response.status_code == 400
    assert read == 0


def test_a_form_without_files_takes_none_from_colleagues_either(alice):
    response, read = send(alice, alice.url("accounts:settings"), 5)

    assert response.status_code == 400
    assert read == 0


def test_the_page_that_asks_for_a_list_gets_it(alice):
    response, _ = send(alice, alice.url("customers:imports"), 5)

    assert response.status_code == 302
    assert ImportJob.objects.get().file_name == "list.csv"
