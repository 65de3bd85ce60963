from django.urls import path

from surveys.accounts import settings_views

app_name = "accounts"

urlpatterns = [
    path("settings/", settings_views.general, name="settings"),
    path("settings/branding/", settings_views.branding, name="branding"),
    path("settings/sender/", settings_views.sender, name="sender"),
]
