"""Download raw files from a URL into the cache.

A file is downloaded under a temporary name, and renamed once its digest is checked.
"""

from pathlib import Path

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import raw_folder, store
from graphvae_data.registry.sources import File, UrlSource

_SECONDS = 30


def download_file(source: UrlSource, file: File) -> Path:
    """Download one file into the cache and return its path.

    Raises:
        FetchError: no connection, or an invalid file in two attempts.
    """
    target = raw_folder(source.folder) / file.name
    store(target, file, source.base, lambda path: _download(f"{source.base}/{file.name}", path))
    return target


def _download(url: str, target: Path) -> None:
    import pooch

    download = pooch.HTTPDownloader(progressbar=False, timeout=_SECONDS)
    try:
        download(url, str(target), None)
    except (OSError, ValueError) as error:
        raise FetchError(f"{url}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    if isinstance(error, OSError) and "Timeout" in type(error).__name__:
        return f"no answer within {_SECONDS} s"
    return f"no connection ({type(error).__name__})"
