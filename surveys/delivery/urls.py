from django.urls import path, re_path

from surveys.delivery import link_views, views
from surveys.delivery.deliverability import views as deliverability_views

app_name = "delivery"

urlpatterns = [
    re_path(r"^campaigns/(?P<pk>[0-9]+)/preview/email\.(?P<part>html|txt)$", views.preview, name="preview"),
    path("campaigns/calendar/", views.calendar_page, name="calendar"),
    path("campaigns/<int:pk>/links/", link_views.campaign_links, name="links"),
    path("campaigns/<int:pk>/links/row.html", link_views.row_preview, name="links_preview"),
    path("campaigns/<int:pk>/links/file/", link_views.links_file, name="links_file"),
    path("customers/<int:pk>/link/", link_views.customer_link, name="customer_link"),
    path("deliverability/", deliverability_views.deliverability, name="deliverability"),
    path("deliverability/file/", deliverability_views.deliverability_file, name="deliverability_file"),
    path("deliverability/looked-into/", deliverability_views.look_into, name="deliverability_look_into"),
    path("deliveries/told/", views.told, name="told"),
    path("deliveries/uncertain/", views.uncertain, name="uncertain"),
    path("campaigns/<int:pk>/test/", views.send_test, name="test"),
]
