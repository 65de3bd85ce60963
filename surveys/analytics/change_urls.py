"""Addresses under /o/<slug>/changes/. Their names are in the namespace of analytics."""

from django.urls import path

from surveys.analytics import change_views

urlpatterns = [
    path("", change_views.changes, name="changes"),
    path("people/", change_views.people, name="change_people"),
    path("recoveries/", change_views.recoveries, name="recoveries"),
    path("falls/", change_views.falls, name="falls"),
    path("watch/", change_views.watch, name="watch"),
]
