"""Addresses without sign-in that belong to an organization's identity. Logos take the short way of customers' pages: /r/."""

from django.urls import path

from surveys.accounts import public_views

app_name = "identity"

urlpatterns = [
    path("r/logo/<slug:digest>.png", public_views.logo, name="logo"),
    path("sender/<str:token>/", public_views.confirm_sender, name="confirm_sender"),
]
