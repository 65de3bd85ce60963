from django.urls import path

from surveys.inbox import card_views as views

app_name = "cards"

urlpatterns = [
    path("cards/", views.keys, name="keys"),
    path("cards/<int:pk>/", views.key, name="key"),
    path("cards/<int:pk>/revoke/", views.revoke, name="revoke"),
    path("cards/<int:pk>/try/", views.try_out, name="try"),
]
