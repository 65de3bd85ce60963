"""Of the accounts namespace."""

from django.urls import path

from surveys.accounts import people_views as views

urlpatterns = [
    path("", views.people, name="people"),
    path("leave/", views.leave, name="leave"),
    path("<int:pk>/role/", views.member_role, name="member_role"),
    path("<int:pk>/remove/", views.member_remove, name="member_remove"),
    path("departures/<int:pk>/undo/", views.departure_undo, name="departure_undo"),
    path("invites/<int:pk>/again/", views.invite_resend, name="invite_resend"),
    path("invites/<int:pk>/withdraw/", views.invite_revoke, name="invite_revoke"),
    path("invites/<int:pk>/reopen/", views.invite_reopen, name="invite_reopen"),
]
