"""The index at 10 k, 100 k and 1 M sentences: `python -m benchmarks.scale`."""
