"""From histories to maps: what is drawn and remembered, learned, explained and doubted."""
