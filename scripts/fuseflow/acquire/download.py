"""One file over HTTP(S): resumed, retried, checked, and in place only when it is whole."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3
from filelock import FileLock
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from fuseflow.acquire.checksums import Fingerprint
from fuseflow.errors import FuseflowError, InputError
from fuseflow.files import sha256_of_bytes, write_text

log = logging.getLogger(__name__)

CHUNK_BYTES = 2**18
TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two pieces of an answer."""

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP status codes that ask to come again."""

PASSING = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)
"""Failures of the network, which may pass; others, such as an endless redirection, do not."""

CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes of the whole file, if known."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How often to try, and how many seconds to wait: twice as long each time, up to `longest_wait`."""

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0


class _InterruptedError(FuseflowError):
    """An attempt failed in a way that may pass."""

    def __init__(self, reason: str, *, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def download_once(
    url: str,
    downloads: Path,
    *,
    expected: Fingerprint,
    retry: Retry | None = None,
    progress: Progress | None = None,
) -> Path:
    """Get the file behind a URL, from the folder of downloads if it is already there.

    It lies there under its sha256, or, if that is not known beforehand, under the sha256 of the URL. Programs that need
    the same file at the same time wait for the first one.

    Raises
    ------
    InputError
        As `download`, and if the folder cannot be written to.
    """
    path = downloads / (expected.sha256 or sha256_of_bytes(url.encode()))
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            if path.exists() and (difference := expected.difference(path)):
                log.warning("%s is not what the card expects (%s) and is downloaded again", path, difference)
                path.unlink()
            if not path.exists():
                download(url, path, expected=expected, retry=retry, progress=progress)
    except OSError as error:
        raise InputError(f"{path} could not be written ({error.strerror or error}); choose another folder") from None
    return path


def download(
    url: str,
    path: Path,
    *,
    expected: Fingerprint,
    retry: Retry | None = None,
    progress: Progress | None = None,
) -> None:
    """Download a file.

    The bytes go to ``<path>.part``, and become `path` when the file is whole and as expected. A part that an earlier
    attempt or an earlier run has left is continued, if the server can do so and still has the same file.

    Parameters
    ----------
    url
        An ``http`` or ``https`` URL.
    path
        Where the file goes.
    expected
        What is known about the file.
    retry
        How often to try again after failures that may pass; by default `Retry()`.
    progress
        Is told how far it is.

    Raises
    ------
    InputError
        If the file cannot be had, or is not what was expected. A part that may still be right is kept.

    Notes
    -----
    Range, If-Range, Content-Range and Retry-After: RFC 9110, sections 14.2, 13.1.5, 14.4 and 10.2.3.
    """
    retry = retry or Retry()
    part = _Part(path.with_name(f"{path.name}.part"))
    try:
        for attempt in Retrying(
            stop=stop_after_attempt(retry.attempts),
            wait=_wait(retry),
            retry=retry_if_exception_type(_InterruptedError),
            before_sleep=lambda state: _log_retry(url, state),
            reraise=True,
        ):
            with attempt:
                _attempt(url, part, expected, progress or (lambda _have, _total: None))
    except _InterruptedError as error:
        raise InputError(f"{url} could not be downloaded ({error})") from None
    part.path.replace(path)
    part.discard()


@dataclass(frozen=True)
class _Part:
    """The bytes that are there, and the server's mark of the version they are of (its ETag or date)."""

    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def _version_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.version")

    @property
    def version(self) -> str:
        return self._version_path.read_text(encoding="utf-8") if self._version_path.exists() else ""

    def begin(self, version: str) -> None:
        self.discard()
        write_text(self._version_path, version)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._version_path.unlink(missing_ok=True)


def _attempt(url: str, part: _Part, expected: Fingerprint, progress: Progress) -> None:
    if expected.size is not None and part.size > expected.size:
        part.discard()
    resumed = part.size > 0
    if part.size != expected.size:
        try:
            _transfer(url, part, expected, progress)
        except PASSING as error:
            raise _InterruptedError(_reason(error)) from None
        except requests.RequestException as error:
            raise InputError(f"{url} could not be downloaded ({error})") from None
    difference = expected.difference(part.path)
    if difference is None:
        return
    part.discard()
    if resumed:
        raise _InterruptedError(f"{difference} after it was continued")
    raise InputError(f"{url} is not the file that the card expects: {difference}")


def _transfer(url: str, part: _Part, expected: Fingerprint, progress: Progress) -> None:
    # no transparent compression: sizes, ranges and hashes are those of the stored file
    headers = {"Accept-Encoding": "identity", "User-Agent": "fuseflow"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if part.version:
            headers["If-Range"] = part.version
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        start, total = _answer(url, response, part)
        if expected.size is not None and total is not None and total != expected.size:
            raise InputError(f"{url} is not the file that the card expects: it has {total} bytes, not {expected.size}")
        if start == total:
            return
        if not start:
            part.begin(_version(response))
        with part.path.open("ab") as file:
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                file.write(chunk)
                progress(file.tell(), total)
    if total is not None and part.size < total:
        raise _InterruptedError(f"the connection broke off after {part.size} of {total} bytes")


def _answer(url: str, response: requests.Response, part: _Part) -> tuple[int, int | None]:
    """Where the bytes of an answer belong, and the size of the whole file if it says so.

    ``start == total`` means that the part is already whole.
    """
    status = response.status_code
    if status in BUSY:
        after = response.headers.get("Retry-After", "")
        raise _InterruptedError(
            f"the server answers {status} {response.reason}", wait=float(after) if after.isdigit() else 0.0
        )
    if status == requests.codes.ok:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    if status in (requests.codes.partial_content, requests.codes.requested_range_not_satisfiable):
        match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        total = int(match[2]) if match and match[2].isdigit() else None
        if status == requests.codes.partial_content and match and match[1] == str(part.size):
            return part.size, total
        if status == requests.codes.requested_range_not_satisfiable and part.size == total:
            return part.size, total
        part.discard()
        raise _InterruptedError("the server cannot continue the file where it broke off")
    raise InputError(f"{url} could not be downloaded (the server answers {status} {response.reason})")


def _version(response: requests.Response) -> str:
    """Find what If-Range may hold: a strong ETag, else the date of the last change."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _wait(retry: Retry) -> Callable[[RetryCallState], float]:
    """Exponential backoff, or as long as the server asks for, within the limit."""
    backoff = wait_exponential(multiplier=retry.first_wait, max=retry.longest_wait)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _InterruptedError) else 0.0
        return min(retry.longest_wait, max(asked, backoff(state)))

    return wait


def _log_retry(url: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("%s: %s; trying again", url, error)


def _reason(error: Exception) -> str:
    """Why a request failed, without the library's object names and addresses."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate could not be verified"
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return f"no answer within {TIMEOUT_SECONDS[1]:.0f} seconds"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be reached or refuses"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached"
    return "the connection broke off"
