"""Addresses under why/, in the namespace of analytics."""

from django.urls import path

from surveys.analytics import why_views

urlpatterns = [
    path("", why_views.themes, name="why"),
    path("drivers/", why_views.drivers_page, name="drivers"),
    path("themes/<int:pk>/", why_views.theme, name="theme"),
]
