"""A peer, measured beside us: `python -m tests.bench.post_office_peer 400 < message.eml` sends so many copies of a message
by django-post_office, in its own tables of the database and as its documentation says, and prints how many a second.

What it is spared: bodies are rendered before (it can render Django templates for each mail), and queueing is not counted.
"""

import os
import sys
import tempfile
import time
from email import message_from_bytes, policy
from email.message import EmailMessage

import django
from django.conf import settings
from django.core.management import call_command

from nps_app import env


def main(count: int) -> None:
    settings.configure(
        SECRET_KEY="bench",
        DATABASES={"default": env.database("DATABASE_OWNER_URL")},
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST=os.environ["EMAIL_HOST"],
        EMAIL_PORT=int(os.environ["EMAIL_PORT"]),
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", "post_office", verbosity=0)
    from post_office import mail  # noqa: PLC0415 (its models need the settings)

    message = message_from_bytes(sys.stdin.buffer.read(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    mail.send_many([_arguments(message, number) for number in range(count)])
    started = time.perf_counter()
    mail.send_queued_mail_until_done(lockfile=os.path.join(tempfile.mkdtemp(), "lock"), processes=1)
    print(count / (time.perf_counter() - started))


def _arguments(message: EmailMessage, number: int) -> dict[str, object]:
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return {
        "recipients": f"bench{number}@example.com",
        "sender": message["From"],
        "subject": message["Subject"],
        "message": text.get_content(),
        "html_message": html.get_content(),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
