"""What can be found: vectors, words, ranking, persistence."""

import os

# ONNX Runtime (1.32) keeps a device number in the home folder and sends events to its maker unless this is
# set before its first import; nothing that Rawi runs may leave the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
