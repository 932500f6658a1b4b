"""Mails to read, built from their parts. `mail()` has every header a decent mail has."""

import base64


def mail(body: bytes | str = "Текст", /, **headers: str | bytes | None) -> bytes:
    """Header names with underscores; a value None leaves the header out; text goes out as UTF-8."""
    lines: dict[str, str | bytes | None] = {
        "From": "Ivan Petrov <ivan@client.example>",
        "To": "help@office.example",
        "Subject": "Question",
        "Date": "Mon, 23 Nov 2026 14:05:00 +0300",
        "Message-ID": "<1@client.example>",
    }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = b"".join(
        name.encode() + b": " + _bytes(value) + b"\r\n" for name, value in lines.items() if value is not None
    )
    return head + b"\r\n" + _bytes(body)


def multipart(kind: str, *parts: bytes, boundary: str = "edge", close: bool = True, **headers: str) -> bytes:
    return mail(
        body_of(parts, boundary, close), Content_Type=f'multipart/{kind}; boundary="{boundary}"', **headers
    )


def nested(kind: str, *parts: bytes, boundary: str = "inner") -> bytes:
    """A multipart as a part of another."""
    return part(body_of(parts, boundary, True), Content_Type=f'multipart/{kind}; boundary="{boundary}"')


def body_of(parts: tuple[bytes, ...], boundary: str, close: bool) -> bytes:
    edge = b"--" + boundary.encode()
    inside = b"\r\n".join(edge + b"\r\n" + one for one in parts)
    return inside + (b"\r\n" + edge + b"--\r\n" if close else b"")


def part(body: bytes | str, /, **headers: str | bytes) -> bytes:
    head = b"".join(
        name.replace("_", "-").encode() + b": " + _bytes(value) + b"\r\n" for name, value in headers.items()
    )
    return head + b"\r\n" + _bytes(body)


def file(content: bytes, name: str, kind: str = "application/pdf", **headers: str) -> bytes:
    return part(
        base64.encodebytes(content),
        Content_Type=kind,
        Content_Disposition=f'attachment; filename="{name}"',
        Content_Transfer_Encoding="base64",
        **headers,
    )


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
