from django.urls import path

from surveys.delivery.hooks import views

app_name = "hooks"

urlpatterns = [path("mail/<slug:provider>/<str:token>/", views.mail, name="mail")]
