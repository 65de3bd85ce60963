"""Addresses inside an organization about its end."""

from django.urls import path

from surveys.operations import views

app_name = "operations"

urlpatterns = [
    path("settings/delete/", views.ending, name="ending"),
    path("settings/delete/keep/", views.keep, name="keep"),
    path("settings/delete/export/", views.export, name="export"),
    path("settings/delete/export/progress/", views.export_progress, name="export_progress"),
    path("settings/delete/export/<int:pk>/", views.export_file, name="export_file"),
    path("settings/delete/export/<int:pk>/stop/", views.export_stop, name="export_stop"),
]
