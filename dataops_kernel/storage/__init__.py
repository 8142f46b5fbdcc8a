"""Bytes and records: three seams (ledger, blobs, cache), each with backends that know nothing of each other."""
