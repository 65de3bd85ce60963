from django.urls import path

from surveys.accounts import audit_views

app_name = "audit"

urlpatterns = [
    path("settings/audit/", audit_views.trail, name="trail"),
    path("settings/audit/export/", audit_views.export, name="export"),
]
