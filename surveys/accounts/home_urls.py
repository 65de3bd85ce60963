"""Addresses of signed-in people outside any organization."""

from django.urls import path

from surveys.accounts import join_views, security_views, views

app_name = "accounts_home"

urlpatterns = [
    path("", views.home, name="home"),
    path("organizations/", views.organizations, name="organizations"),
    path("organizations/new/", views.new_organization, name="new_organization"),
    path("organizations/left/<int:pk>/undo/", views.come_back, name="come_back"),
    path("invites/<int:pk>/accept/", join_views.accept, name="accept"),
    path("join/<str:token>/", join_views.join, name="join"),
    path("accounts/", security_views.account, name="account"),
    path("accounts/sessions/", security_views.places, name="places"),
    path("accounts/sessions/end-others/", security_views.end_other_places, name="end_other_places"),
    path("accounts/sessions/<int:pk>/end/", security_views.end_place, name="end_place"),
    path("accounts/oidc/sso/login/", security_views.sso_login, name="sso_login"),
    path("accounts/oidc/sso/login/callback/", security_views.sso_callback, name="sso_callback"),
]
