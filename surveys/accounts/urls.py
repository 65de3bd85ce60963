from django.urls import include, path

from surveys.accounts import domain_views, people_views, security_views, settings_views

app_name = "accounts"

urlpatterns = [
    path("settings/", settings_views.general, name="settings"),
    path("settings/time-zone/", settings_views.zone_progress, name="zone_progress"),
    path("settings/time-zone/pause/", settings_views.pause_zone, name="pause_zone"),
    path("settings/time-zone/resume/", settings_views.resume_zone, name="resume_zone"),
    path("settings/branding/", settings_views.branding, name="branding"),
    path("settings/branding/contrast/", settings_views.contrast, name="contrast"),
    path("settings/branding/logo/", settings_views.set_logo, name="set_logo"),
    path("settings/branding/logo/remove/", settings_views.remove_logo, name="remove_logo"),
    path("settings/sender/", settings_views.sender, name="sender"),
    path("settings/sender/link/", settings_views.send_link_again, name="send_sender_link"),
    path("settings/sender/keep/", settings_views.keep_sender, name="keep_sender"),
    path("settings/domain/", domain_views.domain, name="domain"),
    path("settings/domain/results/", domain_views.results, name="domain_results"),
    path("settings/security/", security_views.organization_security, name="security"),
    path("settings/security/require/", security_views.require_mfa, name="require_mfa"),
    path("settings/security/stop-requiring/", security_views.stop_requiring_mfa, name="stop_requiring_mfa"),
    path("settings/people/", include("surveys.accounts.people_urls")),
    path("settings/roles/", people_views.role_table, name="roles"),
]
