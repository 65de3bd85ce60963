from django.urls import include, path

from surveys.analytics import filter_views, views
from surveys.analytics.overview import annotation_views
from surveys.analytics.segments import segment_views
from surveys.analytics.sharing import export_views, report_views, response_export_views, sharing_views

app_name = "analytics"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("annotations/", annotation_views.all_annotations, name="annotations"),
    path("annotations/<int:pk>/", annotation_views.annotation, name="annotation"),
    path("annotations/<int:pk>/delete/", annotation_views.annotation_delete, name="annotation_delete"),
    path("annotations/<int:pk>/restore/", annotation_views.annotation_restore, name="annotation_restore"),
    path("campaigns/<int:pk>/results/", views.campaign, name="campaign"),
    path("filter/", filter_views.filter_responses, name="filter"),
    path("report/", report_views.report_page, name="report"),
    path("digests/", sharing_views.digests, name="digests"),
    path("digests/<int:pk>/stop/", sharing_views.digest_stop, name="digest_stop"),
    path("links/", sharing_views.links, name="links"),
    path("links/<int:pk>/revoke/", sharing_views.link_revoke, name="link_revoke"),
    path("exports/", response_export_views.exports, name="exports"),
    path("exports/<int:pk>/stop/", response_export_views.stop, name="exports_stop"),
    path("exports/<int:pk>/file/", response_export_views.download, name="exports_file"),
    path("segments/", segment_views.segments, name="segments"),
    path("segments/compare/", segment_views.compare, name="compare"),
    path("answered/", segment_views.answered, name="answered"),
    path("revenue/", segment_views.revenue, name="revenue"),
    path("why/", include("surveys.analytics.reasons.why_urls")),
    path("changes/", include("surveys.analytics.over_time.change_urls")),
    path("export/<slug:page>/<slug:table>.<slug:form>", export_views.table, name="export"),
]
