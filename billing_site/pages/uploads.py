"""Uploads that are too large are refused before they are read."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class UploadTooLarge(RequestDataTooBig):
    """The request is larger than settings.UPLOAD_LIMIT; the 413 page says so."""


class CountingHandler(FileUploadHandler):
    """Refuses by Content-Length, and by counting when the length was not told or not true."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.counted = 0

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):  # noqa: N803
        if content_length and content_length > settings.UPLOAD_LIMIT:
            raise UploadTooLarge

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.counted += len(raw_data)
        if self.counted > settings.UPLOAD_LIMIT:
            raise UploadTooLarge
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
