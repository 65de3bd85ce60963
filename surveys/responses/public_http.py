"""How a customer's page is answered: signed link in, small uncached page out, without session, cookie or sign-in."""

import gzip
from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt

from surveys.core import languages, tokens
from surveys.core.tokens import Purpose

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "SAMEORIGIN",
}
LONG: Final = 5_000  # bytes; the usual page is shorter, and quicker as it is
NONCE_SECONDS: Final = 30 * 24 * 3600

View = Callable[..., HttpResponse]


def signed_page(purpose: Purpose, *methods: str) -> Callable[[View], View]:
    """The view is given the id that the token signs. HEAD and OPTIONS never reach it; what does not verify is a 404."""
    return opened_by(partial(tokens.read, purpose), *methods)


def opened_by(read: Callable[[str], Any], *methods: str) -> Callable[[View], View]:
    """As `signed_page`, for other tokens: `read` says what one opens, None of those that do not verify."""

    def decorate(view: View) -> View:
        @login_not_required
        @csrf_exempt
        @wraps(view)
        def wrapper(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            found = read(token)
            if found is None:
                return not_found()
            return with_headers(_zipped(request, _answer(request, view, methods, found, kwargs)))

        return wrapper

    return decorate


def _answer(
    request: HttpRequest, view: View, methods: tuple[str, ...], found: Any, kwargs: dict[str, Any]
) -> HttpResponse:
    if request.method == "HEAD":
        return HttpResponse()
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(("HEAD", "OPTIONS", *methods))})
    if request.method not in methods:
        return HttpResponseNotAllowed(methods)
    return view(request, found, **kwargs)


def _zipped(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A page with many questions travels packed. Not what comes back from a form: there typed text stands beside a nonce,
    and the length of what is packed could tell about it."""
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    if request.method == "GET" and accepts and len(response.content) > LONG:
        response.content = gzip.compress(response.content, compresslevel=6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    return response


def with_headers(response: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Content-Length"] = str(len(response.content))
    return response


def not_found(language: str = languages.SOURCE) -> HttpResponse:
    """The same bytes whatever was wrong, so that nothing can be learned by trying."""
    return with_headers(HttpResponse(_not_found_page(language), status=404))


@cache
def _not_found_page(language: str) -> bytes:
    return rendered("public/not_found.html", {}, language=language).encode()


def preferred_language(request: HttpRequest) -> str:
    """The first of ours that the browser asks for: where nobody knows whose page it is."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    wanted = (language for spoken, _weight in accepted for language in languages.candidates(spoken))
    return next((language for language in wanted if language in languages.ALL), languages.SOURCE)


def rendered(template: str, context: dict[str, Any], *, language: str) -> str:
    """In the customer's language. Without context processors: these pages know nothing of who is signed in."""
    with translation.override(language):
        return get_template(template).render(context)


def page(template: str, context: dict[str, Any], *, language: str, status: int = 200) -> HttpResponse:
    return HttpResponse(rendered(template, context, language=language), status=status)


def make_nonce(pk: int | str) -> str:
    """Proof that a form was sent from a page of this invitation that was shown not long ago."""
    return _signer().sign(str(pk))


def is_nonce(text: str, pk: int | str) -> bool:
    try:
        return _signer().unsign(text, max_age=NONCE_SECONDS) == str(pk)
    except signing.BadSignature:
        return False


@cache
def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="surveys.responses.page")
