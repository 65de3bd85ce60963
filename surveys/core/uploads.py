"""Files are taken where a view asks for them, from people who are signed in, and not above the limit.

Django reads a form before anybody looks at who sent it and where to. What is too large is answered before it is read, and
what is not wanted is not even written to a temporary file.
"""

from collections.abc import Callable
from typing import IO, Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FORM_OVERHEAD = 64 * 1024  # bytes that a form adds around its file

AnyView = TypeVar("AnyView", bound=Callable[..., Any])


def takes_files(view: AnyView) -> AnyView:
    """Marks a view whose form has a file in it. Must stand within decorators that keep a function's attributes."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def is_too_large(content_length: int) -> bool:
    return content_length > settings.UPLOAD_LIMIT + FORM_OVERHEAD


class RefuseUnread:
    """Answers a request that says that it is larger than anything here takes, or that does not say how large it is: WSGI
    gives its body to nobody. A proxy that buffers requests, as ours does, makes the second kind one of known size."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and is_too_large(int(length)):
            return self._refused(request, 413)
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return self._refused(request, 411)
        return self._get_response(request)

    def _refused(self, request: HttpRequest, status: int) -> HttpResponse:
        limit = settings.UPLOAD_LIMIT // 1024**2
        answer = render(request, "upload_refused.html", {"status": status, "limit_mb": limit}, status=status)
        answer["Connection"] = "close"
        return answer


class OnlyWhereAsked(FileUploadHandler):
    """First of FILE_UPLOAD_HANDLERS.

    A form over the limit keeps its fields and loses its files: the view finds none and says why. Where no files are
    wanted a form may not be larger than one without files, else RequestDataTooBig, and its files are skipped.
    """

    request: HttpRequest
    is_refused = False

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        are_wanted = _are_wanted(self.request)
        if not are_wanted and content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig(f"{content_length} bytes sent to {self.request.path}, which takes no files.")
        self.is_refused = not are_wanted or is_too_large(content_length)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.is_refused:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def _are_wanted(request: HttpRequest) -> bool:
    match, user = request.resolver_match, getattr(request, "user", None)
    return bool(user and user.is_authenticated and match and getattr(match.func, "takes_files", False))
