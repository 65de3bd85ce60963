from django.urls import include, path

from surveys.accounts import people_views, security_views, settings_views

app_name = "accounts"

urlpatterns = [
    path("settings/", settings_views.general, name="settings"),
    path("settings/branding/", settings_views.branding, name="branding"),
    path("settings/sender/", settings_views.sender, name="sender"),
    path("settings/security/", security_views.organization_security, name="security"),
    path("settings/security/require/", security_views.require_mfa, name="require_mfa"),
    path("settings/security/stop-requiring/", security_views.stop_requiring_mfa, name="stop_requiring_mfa"),
    path("settings/people/", include("surveys.accounts.people_urls")),
    path("settings/roles/", people_views.role_table, name="roles"),
]
