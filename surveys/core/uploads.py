"""What is too large is not even written to a temporary file."""

from typing import IO, Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

FORM_OVERHEAD = 64 * 1024  # bytes that a form adds around its file


def is_too_large(content_length: int) -> bool:
    return content_length > settings.UPLOAD_LIMIT + FORM_OVERHEAD


class RefuseTooLarge(FileUploadHandler):
    """First of FILE_UPLOAD_HANDLERS. Files of a request over the limit are skipped: the view finds none and says why."""

    is_refused = False

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.is_refused = is_too_large(content_length)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.is_refused:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
