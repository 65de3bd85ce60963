from django.urls import path

from surveys.privacy import views

app_name = "privacy"

urlpatterns = [
    path("settings/privacy/", views.settings, name="settings"),
    path("settings/privacy/customers/", views.self_service, name="self_service"),
    path("customers/<int:pk>/known/", views.known, name="person"),
    path("customers/<int:pk>/farewell/", views.farewell, name="farewell"),
    path("customers/<int:pk>/stay/", views.stay, name="stay"),
]
