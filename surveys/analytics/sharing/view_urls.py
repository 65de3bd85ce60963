from django.urls import path

from surveys.analytics.sharing import saved_view_views as views

app_name = "views"

urlpatterns = [
    path("<slug:page>/", views.page, name="page"),
    path("<int:pk>/show/", views.view, name="view"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/open/", views.open_with, name="open"),
]
