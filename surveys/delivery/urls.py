from django.urls import path, re_path

from surveys.delivery import views

app_name = "delivery"

urlpatterns = [
    re_path(r"^campaigns/(?P<pk>[0-9]+)/preview/email\.(?P<part>html|txt)$", views.preview, name="preview"),
    path("campaigns/calendar/", views.calendar_page, name="calendar"),
    path("deliveries/uncertain/", views.uncertain, name="uncertain"),
    path("campaigns/<int:pk>/test/", views.send_test, name="test"),
]
