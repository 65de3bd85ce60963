from django.urls import path

from surveys.inbox.inbound import pages

app_name = "inbound"

urlpatterns = [
    path("unrouted/", pages.unrouted, name="unrouted"),
    path("unrouted/<int:pk>/", pages.one, name="mail"),
    path("unrouted/<int:pk>/source/", pages.source, name="source"),
    path("unrouted/files/<int:pk>/", pages.file, name="file"),
    path("unrouted/<int:pk>/attach/", pages.attach, name="attach"),
    path("unrouted/<int:pk>/throw-away/", pages.throw_away, name="throw_away"),
    path("<int:pk>/add-by-hand/", pages.add_by_hand, name="add_by_hand"),
]
