"""Addresses of signed-in people outside any organization."""

from django.urls import path

from surveys.accounts import views

app_name = "accounts_home"

urlpatterns = [
    path("", views.home, name="home"),
    path("organizations/new/", views.new_organization, name="new_organization"),
]
