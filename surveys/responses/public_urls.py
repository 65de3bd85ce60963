"""Pages of customers, without sign-in."""

from django.urls import URLPattern

app_name = "public"

urlpatterns: list[URLPattern] = []
