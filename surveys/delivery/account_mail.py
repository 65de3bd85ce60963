"""Sign-up and reset mails as deliveries: a mail server that hangs hangs no page."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.utils import timezone

from surveys.accounts import signup
from surveys.delivery import actions


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup.is_open()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Rendered as allauth does, then kept as a row; a task sends it."""
        request = allauth_context.request
        known = {"request": request, "email": email, "current_site": get_current_site(request), **context}
        message = self.render_mail(template_prefix, email, known)
        alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
        html = "".join(str(part[0]) for part in alternatives if part[1] == "text/html")
        actions.enqueue_system(to=email, subject=message.subject, text=str(message.body), html=html, at=timezone.now())
