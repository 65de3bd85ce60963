from django.urls import path

from surveys.inbox.inbound import views

app_name = "inbound_hooks"

urlpatterns = [
    path("mime/", views.mime, name="mime"),
    path("<slug:provider>/<str:token>/", views.mail, name="mail"),
]
