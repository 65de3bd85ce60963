from django.urls import path

from surveys.integrations import views

app_name = "integrations"

urlpatterns = [
    path("", views.hooks, name="hooks"),
    path("new/", views.add, name="add"),
    path("<int:pk>/", views.hook, name="hook"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/test/", views.test, name="test"),
    path("<int:pk>/switch/", views.switch, name="switch"),
    path("<int:pk>/secret/", views.renew, name="renew"),
    path("<int:pk>/remove/", views.remove, name="remove"),
    path("<int:pk>/restore/", views.restore, name="restore"),
    path("posts/<int:pk>/repeat/", views.post_repeat, name="post_repeat"),
]
