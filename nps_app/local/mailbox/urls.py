"""The mailbox's pages; nps_app/urls.py includes them in local mode only."""

from django.urls import path, register_converter

from nps_app.local.mailbox import views


class MessageId:
    regex = "[0-9a-f]{16}-[0-9a-f]{4}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MessageId, "message_id")

app_name = "mailbox"

urlpatterns = [
    path("", views.index, name="index"),
    path("messages.json", views.as_json, name="json"),
    path("<message_id:message_id>/", views.message, name="message"),
    path("<message_id:message_id>/html", views.html, name="html"),
    path("<message_id:message_id>/answer", views.answer, name="answer"),
    path("<message_id:message_id>/source", views.source, name="source"),
]
