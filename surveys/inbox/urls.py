from django.urls import path

from surveys.inbox import act_views, bulk_views, conversation_views, filter_views, list_views

app_name = "inbox"

urlpatterns = [
    path("", list_views.inbox, name="list"),
    path("filter/", filter_views.filter_list, name="filter"),
    path("news/", list_views.news, name="news"),
    path("bulk/", bulk_views.change, name="bulk"),
    path("start/", conversation_views.start, name="start"),
    path("files/<int:pk>/", conversation_views.attachment, name="attachment"),
    path("<int:pk>/", conversation_views.conversation, name="conversation"),
    path("<int:pk>/live/", conversation_views.live, name="live"),
    path("<int:pk>/take/", act_views.take, name="take"),
    path("<int:pk>/assign/", act_views.assign, name="assign"),
    path("<int:pk>/close/", act_views.close, name="close"),
    path("<int:pk>/reopen/", act_views.reopen, name="reopen"),
    path("<int:pk>/undo-close/", act_views.undo_close, name="undo_close"),
    path("<int:pk>/snooze/", act_views.snooze, name="snooze"),
    path("<int:pk>/wake/", act_views.wake, name="wake"),
    path("<int:pk>/prioritize/", act_views.prioritize, name="prioritize"),
]
