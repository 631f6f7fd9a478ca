"""What was written: files in, passages and sentences out."""
