from django.urls import path

from surveys.alerts import views

app_name = "alerts"

urlpatterns = [
    path("", views.alerts, name="list"),
    path("bell/", views.bell, name="bell"),
    path("seen/", views.see_all, name="see_all"),
    path("mine/", views.choices, name="choices"),
    path("mine/preview/", views.preview, name="preview"),
    path("mine/usual/", views.reset, name="reset"),
    path("<int:pk>/", views.go, name="go"),
    path("<int:pk>/seen/", views.see, name="see"),
]
