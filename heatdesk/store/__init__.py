"""What the market did, kept: one writer, many readers, every block checksummed."""
