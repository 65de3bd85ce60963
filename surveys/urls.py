"""The addresses of the product, domain by domain."""

from django.urls import include, path

_of_an_organization = [
    path("", include("surveys.accounts.urls")),
    path("", include("surveys.accounts.audit_urls")),
    path("", include("surveys.analytics.urls")),
    path("views/", include("surveys.analytics.sharing.view_urls")),
    path("customers/", include("surveys.customers.urls")),
    path("", include("surveys.customers.asking_urls")),
    path("", include("surveys.customers.lookup_urls")),
    path("campaigns/", include("surveys.campaigns.urls")),
    path("", include("surveys.delivery.urls")),
    path("responses/", include("surveys.responses.urls")),
    path("inbox/settings/", include("surveys.inbox.settings_urls")),
    path("inbox/acts/", include("surveys.inbox.progress_urls")),
    path("inbox/", include("surveys.inbox.inbound.page_urls")),
    path("inbox/", include("surveys.inbox.urls")),
    path("inbox/", include("surveys.inbox.writing_urls")),
    path("", include("surveys.privacy.urls")),
    path("", include("surveys.inbox.card_urls")),
    path("", include("surveys.automation.effect_urls")),
    path("automation/", include("surveys.automation.urls")),
    path("", include("surveys.operations.urls")),
    path("settings/connections/", include("surveys.integrations.urls")),
    path("settings/reviews/", include("surveys.automation.link_urls")),
    path("alerts/", include("surveys.alerts.urls")),
    path("sample/", include("surveys.samples.urls")),
]

urlpatterns = [
    path("", include("surveys.accounts.home_urls")),
    path("", include("surveys.accounts.identity_urls")),
    path("", include("surveys.core.urls")),
    path("operator/", include("surveys.operations.operator_urls")),
    path("sample/", include("surveys.samples.start_urls")),
    path("", include("surveys.responses.public_urls")),
    path("hooks/", include("surveys.delivery.hooks.urls")),
    path("hooks/referrals/", include("surveys.automation.signup_urls")),
    path("hooks/inbound/", include("surveys.inbox.inbound.urls")),
    path("", include("surveys.privacy.public_urls")),
    path("", include("surveys.analytics.sharing.public_urls")),
    path("", include("surveys.alerts.public_urls")),
    path("", include("surveys.inbox.card_public_urls")),
    path("", include("surveys.automation.visit_urls")),
    path("o/<slug:slug>/", include(_of_an_organization)),
]
