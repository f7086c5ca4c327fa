"""The exchanges: one file each, and the table that lists them."""
