"""Addresses inside the sample organization; the one that makes it stands in surveys/urls.py."""

from django.urls import path

from surveys.samples import views

app_name = "samples"

urlpatterns = [
    path("", views.progress, name="progress"),
    path("remove/", views.remove, name="remove"),
]
