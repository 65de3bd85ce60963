from django.urls import path

from surveys.analytics import views

app_name = "analytics"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("campaigns/<int:pk>/results/", views.campaign, name="campaign"),
]
