"""Measuring answers against question files: reading the files, the metrics, the report, two runs compared."""
