"""What watches the web server learns the truth from /health/, whatever host it asks for."""

import http.client
import os

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import override_settings

from nps_app.away import is_away
from surveys.core import tokens
from tests.helpers.processes import web_server
from tests.helpers.waiting import free_port, wait_until


@pytest.fixture
def asked(client):
    """As a container's health check asks: by the machine's own address, which no page answers to."""

    def ask():
        response = client.get("/health/", HTTP_HOST="127.0.0.1:8000")
        return response.status_code, response.json()

    with override_settings(ALLOWED_HOSTS=["nps.example.com"]):
        assert client.get("/accounts/login/", HTTP_HOST="127.0.0.1:8000").status_code == 400
        yield ask


@pytest.mark.django_db
def test_all_is_well_on_whatever_host(asked):
    assert asked() == (200, {"database": "ok", "redis": "ok"})


@pytest.mark.django_db
def test_without_redis_people_are_still_served(asked, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

    assert asked() == (200, {"database": "ok", "redis": "down"})


def test_without_a_database_nobody_is(asked, monkeypatch, django_db_blocker):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    with django_db_blocker.unblock():
        connection.close()

        assert asked() == (503, {"database": "down", "redis": "ok"})


@pytest.fixture
def cut_off(session_servers, tmp_path):
    """A web server that finds no database, with the port at which it listens."""
    port = free_port()
    environment = session_servers.environment(mail_port=9) | {"DATABASE_URL": "postgresql:///none?host=/nowhere"}
    server = web_server(os.environ | environment, tmp_path, port)
    server.start()
    yield server, port
    server.kill9()


def test_the_supervisor_takes_a_server_without_database_for_ill_and_people_read_that_it_passes(cut_off):
    server, port = cut_off
    wait_until(lambda: server.ready() or server.said("The database does not answer"), what="the first answer")
    assert not server.ready()

    for path in ("/o/acme/", f"/r/{tokens.make(tokens.Purpose.ANSWER, 1)}/9/"):
        answer = asked_at(port, path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert "Back in a moment" in answer.read().decode()
    assert server.said("Service Unavailable: /o/acme/")
    assert not server.said("Traceback")


def asked_at(port, path):
    """By somebody who is signed in."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": "testserver", "Cookie": "sessionid=abcdefghijklmnop"})
    return connection.getresponse()


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_fails_is_no_database_that_is_away():
    with connection.cursor() as cursor:
        with pytest.raises(OperationalError) as refused:
            cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")
        with pytest.raises(OperationalError) as ended:
            cursor.execute("SET statement_timeout = 0; SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(InterfaceError) as gone:
        connection.cursor()
    connection.close()

    assert not is_away(refused.value)
    assert is_away(ended.value)
    assert is_away(gone.value)
