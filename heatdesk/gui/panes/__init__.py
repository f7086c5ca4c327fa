"""What stands under the map, on the same time axis: volume, open interest, funding, volume delta, long/short ratio."""
