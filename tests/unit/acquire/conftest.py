"""A web server on this machine that behaves as badly as it is told to."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fuseflow.cards import Card, load_card


@dataclass
class Server:
    """What the server holds, how it misbehaves, and the Range headers it was asked with."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    shift: int = 0
    lengths: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append(wanted)
        status = self.statuses.pop(0) if self.statuses else 200
        data = self.files.get(handler.path)
        if status != 200 or data is None:
            handler.send_response(404 if data is None else status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        tag = '"' + hashlib.sha256(data).hexdigest() + '"'
        start = 0
        if wanted and self.ranges and handler.headers.get("If-Range", tag) == tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(data) > 0:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(data)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start + self.shift}-{len(data) - 1}/{len(data)}")
        if self.lengths:
            handler.send_header("Content-Length", str(len(data) - start))
        for name, value in {"ETag": tag, **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[start : self.cuts.pop(0) if self.cuts else None])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server uses
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def make_card(tmp_path: Path) -> Callable[..., Card]:
    """Write a card with these sources into a folder and load it."""

    def make(source: str, *, access: str = "open", listed: dict[str, bytes] | None = None) -> Card:
        folder = tmp_path / "cards"
        folder.mkdir(exist_ok=True)
        (folder / "toy.yaml").write_text(
            "title: Toy\nmodality: [CT]\nroles: {CT: 'CT/{case}.png'}\nlicence: {name: ours, redistribute: true}\n"
            f"access: {access}\nsource: {source}\n"
        )
        if listed is not None:
            lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in listed.items()]
            (folder / "toy.sha256").write_text("".join(lines))
        return load_card("toy", [folder])

    return make


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def make_zip() -> Callable[[dict[str, bytes]], bytes]:
    return zip_of
