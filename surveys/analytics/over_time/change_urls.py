"""Addresses under /o/<slug>/changes/. Their names are in the namespace of analytics."""

from django.urls import path

from surveys.analytics.over_time import change_views, risk_views

urlpatterns = [
    path("", change_views.changes, name="changes"),
    path("people/", change_views.people, name="change_people"),
    path("recoveries/", change_views.recoveries, name="recoveries"),
    path("falls/", change_views.falls, name="falls"),
    path("watch/", change_views.watch, name="watch"),
    path("risk/", risk_views.people, name="risk"),
    path("risk/rule/", risk_views.rule, name="risk_rule"),
    path("risk/rule/reset/", risk_views.reset, name="risk_reset"),
]
