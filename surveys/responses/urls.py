from django.urls import path

from surveys.responses import views

app_name = "responses"

urlpatterns = [
    path("", views.feed, name="feed"),
    path("<int:pk>/", views.detail, name="detail"),
]
