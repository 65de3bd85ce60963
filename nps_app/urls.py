"""All addresses. Pages of an organization live under /o/<slug>/; OrganizationMiddleware turns the slug into `request.organization`."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from nps_app.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("surveys.urls")),
    path("accounts/", include("allauth.urls")),
    path("health/", health, name="health"),
]

handler500 = "nps_app.failures.failed"

if settings.LOCAL:
    urlpatterns.append(path("mailbox/", include("nps_app.local.mailbox.urls")))
