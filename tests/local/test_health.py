"""What watches the web server learns the truth from /health/, whatever host it asks for."""

import os

import pytest
from django.db import connection
from django.test import override_settings

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


def test_the_supervisor_takes_a_server_without_database_for_ill(session_servers, tmp_path):
    environment = session_servers.environment(mail_port=9) | {"DATABASE_URL": "postgresql:///none?host=/nowhere"}
    server = web_server(os.environ | environment, tmp_path, free_port())
    server.start()
    try:
        wait_until(lambda: server.ready() or server.said("The database does not answer"), what="the first answer")

        assert not server.ready()
    finally:
        server.kill9()
