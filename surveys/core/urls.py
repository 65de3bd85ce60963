from django.urls import path

from surveys.core import views

app_name = "core"

urlpatterns = [
    path("theme/", views.theme, name="theme"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
