from django.urls import path, re_path

from surveys.delivery import account_views, link_views, views
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
    path("settings/mail/", account_views.account, name="account"),
    path("settings/mail/test/", account_views.test, name="account_test"),
    path("settings/mail/test/result/", account_views.test_result, name="account_test_result"),
    path("settings/mail/switch/", account_views.switch, name="account_switch"),
    path("settings/mail/remove/", account_views.remove, name="account_remove"),
    path("settings/mail/with/<slug:provider>/", account_views.enter, name="account_enter"),
    path("deliveries/uncertain/", views.uncertain, name="uncertain"),
    path("campaigns/<int:pk>/test/", views.send_test, name="test"),
]
