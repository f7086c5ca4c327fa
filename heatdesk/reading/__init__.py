"""What a map says to a trader."""
