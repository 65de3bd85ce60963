from django.urls import path, re_path

from surveys.delivery import link_views, views

app_name = "delivery"

urlpatterns = [
    re_path(r"^campaigns/(?P<pk>[0-9]+)/preview/email\.(?P<part>html|txt)$", views.preview, name="preview"),
    path("campaigns/calendar/", views.calendar_page, name="calendar"),
    path("campaigns/<int:pk>/links/", link_views.campaign_links, name="links"),
    path("campaigns/<int:pk>/links/row.html", link_views.row_preview, name="links_preview"),
    path("campaigns/<int:pk>/links/file/", link_views.links_file, name="links_file"),
    path("customers/<int:pk>/link/", link_views.customer_link, name="customer_link"),
    path("deliveries/uncertain/", views.uncertain, name="uncertain"),
    path("campaigns/<int:pk>/test/", views.send_test, name="test"),
]
