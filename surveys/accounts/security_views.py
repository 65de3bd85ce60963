"""Pages about one's own account, the door of single sign-on, and an organization's rule about second factors.

What allauth brings (email, password, codes, passkeys) has its pages in templates/account, mfa and socialaccount.
"""

from allauth.account.models import EmailAddress
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access, actions, limits, sessions, sso
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions import security as security_actions
from surveys.accounts.actions.security import NeedsSecondFactor
from surveys.accounts.models import User
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import security
from surveys.accounts.security_forms import NameForm


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


# ── One's own account ───────────────────────────────────────────────────────────────────────────────────────────────


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: PersonRequest) -> HttpResponse:
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        actions.rename_user(user=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("accounts_home:account")
    shown = {
        "form": form,
        "addresses": EmailAddress.objects.filter(user=request.user).order_by("-primary", "email"),
        "factors": security.factors(request.user),
        "places": sessions.places(request.user),
        "connected": SocialAccount.objects.filter(user=request.user),
    }
    return render(request, "accounts/account.html", shown)


@require_safe
def places(request: PersonRequest) -> HttpResponse:
    return render(request, "usersessions/usersession_list.html", {"places": sessions.places(request.user)})


@require_POST
def end_place(request: PersonRequest, pk: int) -> HttpResponse:
    if sessions.end(request, user=request.user, pk=pk):
        messages.success(request, _("Signed out there."))
    else:
        messages.info(request, _("That browser was signed out already."))
    return redirect("accounts_home:places")


@require_POST
def end_other_places(request: PersonRequest) -> HttpResponse:
    sessions.end_others(request, user=request.user)
    messages.success(request, _("Signed out everywhere else."))
    return redirect("accounts_home:places")


# ── The door of single sign-on ──────────────────────────────────────────────────────────────────────────────────────


@login_not_required
@never_cache
@limits.limited("single_sign_on")
@require_http_methods(["GET", "HEAD", "POST"])
def sso_login(request: HttpRequest) -> HttpResponse:
    """Shows a page that leads on, instead of answering the form with a redirect: the policy lets our forms go nowhere
    else, and browsers hold the provider's own further redirects against it too."""
    try:
        client = sso.Provider(request, sso.PROVIDER_ID)
        answer: HttpResponse = OAuth2LoginView.adapter_view(client)(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except OAuth2Error as error:
        return render_authentication_error(request, client.get_provider(), exception=error)
    if answer.status_code == 302:
        return render(request, "socialaccount/leaving.html", {"address": answer["Location"]})
    return answer


@login_not_required
@never_cache
@limits.limited("single_sign_on", also_get=True)
@require_safe
def sso_callback(request: HttpRequest) -> HttpResponse:
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(sso.Provider(request, sso.PROVIDER_ID))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return answer


# ── An organization's rule ──────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_safe
def organization_security(request: OrganizationRequest) -> HttpResponse:
    shown = {
        "without": security.without_second_factor(request.organization),
        "may_require": security.has_second_factor(request.user),
    }
    return render(request, "accounts/organization_security.html", shown)


@require_POST
def require_mfa(request: OrganizationRequest) -> HttpResponse:
    try:
        security_actions.require_mfa(organization=request.organization, by=request.membership, at=timezone.now())
        messages.success(request, _("From now on only people with a second factor get in."))
    except NeedsSecondFactor:
        messages.error(request, _("Set up a second factor for yourself first: the rule would lock you out."))
    return redirect(access.url(request.organization, "accounts:security"))


@require_POST
def stop_requiring_mfa(request: OrganizationRequest) -> HttpResponse:
    security_actions.stop_requiring_mfa(organization=request.organization, by=request.membership, at=timezone.now())
    messages.success(request, _("A second factor is everybody's own choice again."))
    return redirect(access.url(request.organization, "accounts:security"))
