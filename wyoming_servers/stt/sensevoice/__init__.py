"""What of SenseVoice needs no sherpa-onnx: its files, and what it writes."""
