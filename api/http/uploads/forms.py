"""A form with one file, read while it arrives: multipart/form-data with the part `file` and no other part."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.errors import InvalidRequest, MalformedForm
from api.http.requests.json_body import UNSTORABLE
from api.http.uploads.sent_file import SentFile

PART = "file"
MAX_NAME = 200  # characters of a name
MAX_SHOWN = 60  # characters of a part's name that an error repeats
FIX = "Send the file in the form part `file`."


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[SentFile]:
    """Yield the file of a form. Raises `MalformedForm`, or `InvalidRequest` for any other part."""
    form = _Form(_boundary(request))
    packets = request.stream()
    async for packet in packets:
        form.feed(packet)
        if form.has_file:
            break
    form.check_file()
    yield SentFile(content_type=form.content_type, packets=_rest(form, packets), filename=form.filename)


async def _rest(form: "_Form", packets: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield form.take()
    async for packet in packets:
        form.feed(packet)
        yield form.take()
    form.check_end()


def _boundary(request: Request) -> bytes:
    _, parameters = parse_options_header(request.headers.get("content-type", ""))
    if not parameters.get(b"boundary"):
        raise MalformedForm("The Content-Type of a form must name its boundary.")
    return parameters[b"boundary"]


class _Form:
    """The parser of one form; it keeps the bytes of the file until they are taken."""

    def __init__(self, boundary: bytes) -> None:
        self.has_file = False
        self.filename: str | None = None
        self.content_type = ""
        self._name, self._value = bytearray(), bytearray()
        self._headers = dict[bytes, bytes]()
        self._data = bytearray()
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_part,
                    "on_part_data": lambda data, start, end: self._data.extend(data[start:end]),
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _malformed(error) from None

    def feed(self, packet: bytes) -> None:
        """Parse the next bytes of the body."""
        try:
            self._parser.write(packet)
        except FormParserError as error:
            raise _malformed(error) from None

    def take(self) -> bytes:
        """Return the bytes of the file that have arrived."""
        data = bytes(self._data)
        self._data.clear()
        return data

    def check_file(self) -> None:
        """Raise if the form ended without a file."""
        if not self.has_file:
            self.check_end()
            problem = {"pointer": f"form {PART}", "detail": "The form has no file in this part."}
            raise InvalidRequest(FIX, errors=[problem])

    def check_end(self) -> None:
        """Raise if the form did not end as forms do."""
        if not self._ended:
            raise MalformedForm("The form cannot be read: it ends within a part.")

    def _end_header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _begin_part(self) -> None:
        _, parameters = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = _text(parameters.get(b"name", b""))
        if name != PART or self.has_file:
            detail = "The part is sent several times." if name == PART else "A form has one part only, `file`."
            raise InvalidRequest(FIX, errors=[{"pointer": f"form {name[:MAX_SHOWN]}", "detail": detail}])
        self.has_file = True
        self.filename = _text(parameters.get(b"filename", b""))[:MAX_NAME] or None
        self.content_type = _text(self._headers.get(b"content-type", b""))

    def _end(self) -> None:
        self._ended = True


def _malformed(error: FormParserError) -> MalformedForm:
    return MalformedForm(f"The form cannot be read: {str(error).removesuffix('.')}.")


def _text(data: bytes) -> str:
    """Return a header's text without what databases cannot store and without control characters."""
    text = UNSTORABLE.sub("", data.decode("utf-8", "replace"))
    return "".join(character for character in text if character.isprintable())
