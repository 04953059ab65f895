"""Measurements that README quotes: each module prints a table (``python -m benchmarks.NAME``)."""
