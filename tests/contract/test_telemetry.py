"""Nothing leaves the machine: ONNX Runtime's own reporting is off wherever the index is used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def device_numbers(home: Path, first: str) -> list[Path]:
    """Return what ONNX Runtime leaves in a home folder after `first` was run."""
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    subprocess.run(
        [sys.executable, "-c", f"{first}; import onnxruntime; onnxruntime.SessionOptions()"],
        env={**environment, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        check=True,
    )
    return list(home.rglob("deviceid"))


def test_onnx_runtime_keeps_no_device_number(tmp_path: Path) -> None:
    (loud := tmp_path / "loud").mkdir()
    (quiet := tmp_path / "quiet").mkdir()
    if not device_numbers(loud, "pass"):
        pytest.skip("this build of ONNX Runtime reports nothing")
    assert not device_numbers(quiet, "import index")
