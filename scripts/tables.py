"""Writes test/golden/tables: one small table in every packing of Parquet and Arrow, for test/tables/files.test.ts.
pyarrow 25 made what is there; run with

    python3 scripts/tables.py
"""

import datetime as dt
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

folder = Path(__file__).parent.parent / "test" / "golden" / "tables"
folder.mkdir(exist_ok=True)
n = 10
names = ["x", "y", "x", None, "y", "x", "x", "y", "x", "y"]
instants = [dt.datetime(2024, 3, 31, 10, 15, 30, 500000 + i) for i in range(9)]
table = pa.table({
    "number": pa.array([1.5, None, 3, 4, 5, 6, 7, 8, 9, float("nan")], pa.float64()),
    "single": pa.array([0.5 * i for i in range(n)], pa.float32()),
    "whole": pa.array([1, 2, None, 4, 5, 6, 7, 8, 9, 10], pa.int64()),
    "large": pa.array([2**60 + i for i in range(n)], pa.int64()),
    "unsigned": pa.array(range(n), pa.uint32()),
    "text": pa.array(["a", "b", None, "a", "b", "a", "b", "a", "ü", "a"]),
    "dictionary": pa.array(names).dictionary_encode(),
    "truth": pa.array([True, False, None] + [True] * 7),
    "day": pa.array([dt.date(2024, 1, 1 + i) for i in range(9)] + [None], pa.date32()),
    "instant": pa.array([*instants, None], pa.timestamp("us")),
    "nano": pa.array([i * 10**9 for i in range(n)], pa.timestamp("ns")),
    "second": pa.array(range(n), pa.timestamp("s")),
    "decimal": pa.array([decimal.Decimal("1.25")] * n, pa.decimal128(10, 2)),
    "nothing": pa.nulls(n),
})
for packing in ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]:
    parquet.write_table(table, folder / f"{packing}.parquet", compression=packing, row_group_size=4)
for packing in ["lz4", "zstd", "uncompressed"]:
    feather.write_feather(table, folder / f"{packing}.feather", compression=packing, chunksize=4)
with pa.OSFile(str(folder / "stream.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table, max_chunksize=4)
