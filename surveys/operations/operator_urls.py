"""Addresses of the instance administrators, outside any organization."""

from django.urls import path

from surveys.operations import operator_views as views

app_name = "operator"

urlpatterns = [
    path("", views.organizations, name="organizations"),
    path("organizations/<int:pk>/", views.organization, name="organization"),
    path("organizations/<int:pk>/limits/", views.limits, name="limits"),
    path("organizations/<int:pk>/suspend/", views.suspend, name="suspend"),
    path("organizations/<int:pk>/lift/", views.lift, name="lift"),
    path("mail/", views.mail_page, name="mail"),
    path("system/", views.system, name="system"),
]
