"""All addresses. Pages of an organization live under /o/<slug>/; OrganizationMiddleware turns the slug into `request.organization`."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("surveys.urls")),
    path("accounts/", include("allauth.urls")),
]

if settings.LOCAL:
    urlpatterns.append(path("mailbox/", include("nps_app.local.mailbox.urls")))
