"""How good the map was: predictors of recorded liquidations, and what they are held against."""
