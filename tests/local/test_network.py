"""What a host that was cut off, or a process that hangs, holds in the database does not stay held."""

import socket

from django.conf import settings
from django.db import connection

from nps_app import network


def test_the_session_at_the_database_has_the_timeouts_that_the_settings_say(db: None) -> None:
    seconds = settings.NETWORK_SECONDS
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('idle_in_transaction_session_timeout')::interval")
        assert cursor.fetchone()[0].total_seconds() == seconds * network.IDLE_IN_TRANSACTION


def test_silence_is_noticed_within_the_seconds_that_were_set() -> None:
    for seconds in (2, 3, 20, 30, 600):
        options = network.database_options(seconds, {})
        idle, interval = int(str(options["keepalives_idle"])), int(str(options["keepalives_interval"]))
        assert idle + network.QUESTIONS * interval <= max(seconds, 4)
        assert f"-c tcp_user_timeout={seconds * 1000}" in str(options["options"])
        assert network.broker_options(seconds)["socket_keepalive_options"][socket.TCP_USER_TIMEOUT] == seconds * 1000


def test_what_the_operator_has_given_stays() -> None:
    given = {"sslmode": "verify-full", "connect_timeout": "7", "options": "-c search_path=nps"}

    assert given.items() <= network.database_options(30, given).items()
