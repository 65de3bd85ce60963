"""Sign-up and reset mails as deliveries: a mail server that hangs hangs no page."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from surveys.accounts import signup
from surveys.delivery import actions


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup.is_open()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Rendered from allauth's templates (ours: templates/account/email), then kept as a row; a task sends it."""
        known = {
            **{name: _public(value) if name.endswith("_url") else value for name, value in context.items()},
            "email": email,
            "product_name": settings.PRODUCT_NAME,
            "public_url": settings.PUBLIC_URL,
        }
        message = self.render_mail(template_prefix, email, known)
        text = str(message.body)
        parts = {"subject": message.subject, "text": text, "language": translation.get_language()}
        html = render_to_string("emails/account/message.html", parts)
        actions.enqueue_system(to=email, subject=message.subject, text=text, html=html, at=timezone.now())


def _public(address: str) -> str:
    """The same page at PUBLIC_URL: a link in a mail never follows the Host header of whoever asked for the mail."""
    parts = urlsplit(str(address))
    return f"{settings.PUBLIC_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
