from django.urls import path

from surveys.customers import import_views, views

app_name = "customers"

urlpatterns = [
    path("", views.customers, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("import/", import_views.imports, name="imports"),
    path("import/<int:pk>/", import_views.job, name="import"),
    path("import/<int:pk>/columns/", import_views.columns, name="import_columns"),
    path("import/<int:pk>/read/", import_views.read_as, name="import_read"),
    path("import/<int:pk>/start/", import_views.start, name="import_start"),
    path("import/<int:pk>/cancel/", import_views.cancel, name="import_cancel"),
    path("import/<int:pk>/refused.csv", import_views.refused, name="import_refused"),
]
