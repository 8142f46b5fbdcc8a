"""What files hold, as a reader would find it: their bytes, and what Parquet and zstd unpack to."""

from collections.abc import Iterator
from pathlib import Path

CHUNK = 4 * 1024 * 1024
OVERLAP = 512
"""Bytes that a chunk shares with the one before it, so that nothing shorter is cut in two."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_PARQUET = b"PAR1"
_ROWS = 65_536


def readings(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in overlapping chunks, then those that its zstd frames or Parquet columns unpack to.

    Of a file that only looks like one of these, the bytes are all there is.
    """
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        kept = b""
        while chunk := file.read(CHUNK):
            yield kept + chunk
            kept = chunk[-OVERLAP:]
    if head == _ZSTD:
        yield from _unpacked(path)
    elif head == _PARQUET:
        yield from _columns(path)


def unpacked(data: bytes) -> bytes:
    """Return what a small zstd or Parquet content holds as text; other content as it is."""
    import io

    if data[:4] == _ZSTD:
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
            return reader.read(CHUNK)
    if data[:4] == _PARQUET:
        import pyarrow as pa

        return b"".join(_texts(pa.BufferReader(data)))[:CHUNK]
    return data


def _unpacked(path: Path) -> Iterator[bytes]:
    import zstandard

    kept = b""
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            while chunk := reader.read(CHUNK):
                yield kept + chunk
                kept = chunk[-OVERLAP:]
    except zstandard.ZstdError:
        return


def _columns(path: Path) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.OSFile(str(path)) as source:
        yield from _texts(source)


def _texts(source: object) -> Iterator[bytes]:
    """Yield the texts of a Parquet file's columns, one line each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(source).iter_batches(batch_size=_ROWS):
            for column in batch.columns:
                if pa.types.is_dictionary(column.type):
                    column = column.dictionary
                if pa.types.is_nested(column.type):
                    yield "\n".join(map(str, column.to_pylist())).encode("utf-8", "replace")
                elif not (pa.types.is_primitive(column.type) or pa.types.is_null(column.type)):
                    yield "\n".join(map(str, column.drop_null().to_pylist())).encode("utf-8", "replace")
    except (pa.ArrowException, OSError):
        return
